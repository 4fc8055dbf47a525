# SPDX-License-Identifier: MIT
# llama.cpp, installed or where benchmarks/install_peers puts it: llama_FOUND, and its target `llama`.
find_package(llama CONFIG QUIET HINTS "${PROJECT_SOURCE_DIR}/build/peers")
