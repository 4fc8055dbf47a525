# SPDX-License-Identifier: MIT
# Which libraries that adapters are about are here: pluck_adapter_libraries carries them, adapters_left_out matches the
# tests of the others, and adapter_headers are those that can be compiled.
include(CheckCXXSourceCompiles)
add_library(pluck_adapter_libraries INTERFACE)
set(adapters_left_out "^$")
set(adapter_headers)

find_path(PLUCK_DLPACK_FOLDER dlpack/dlpack.h)
if(PLUCK_DLPACK_FOLDER)
    target_include_directories(pluck_adapter_libraries SYSTEM INTERFACE "${PLUCK_DLPACK_FOLDER}")
    list(APPEND adapter_headers pluck/adapters/dlpack.hpp)
else()
    string(APPEND adapters_left_out "|/dlpack_test[.]cpp$|/torch_test[.]cpp$")
    message(STATUS "pluck: no dlpack/dlpack.h here, so pluck/adapters/dlpack.hpp is not tested (Debian and Ubuntu: "
                   "libdlpack-dev)")
endif()

# By its files: its own package file looks for much that ATen does not need. Its library is not built for sanitizers,
# and clang++ 14 cannot read the headers of 1.13 as C++20.
find_path(PLUCK_TORCH_FOLDER ATen/ATen.h)
find_library(PLUCK_TORCH_LIBRARY torch_cpu)
find_library(PLUCK_C10_LIBRARY c10)
if(PLUCK_TORCH_FOLDER AND PLUCK_TORCH_LIBRARY AND PLUCK_C10_LIBRARY AND NOT PLUCK_SANITIZE)
    set(CMAKE_CXX_STANDARD 20)
    set(CMAKE_REQUIRED_INCLUDES "${PLUCK_TORCH_FOLDER}")
    set(CMAKE_REQUIRED_LIBRARIES "${PLUCK_TORCH_LIBRARY}" "${PLUCK_C10_LIBRARY}")
    check_cxx_source_compiles("#include <ATen/ATen.h>\nint main() { return int(at::ones({1}).dim()) - 1; }"
                              PLUCK_TORCH_COMPILES)
    unset(CMAKE_CXX_STANDARD)
    unset(CMAKE_REQUIRED_INCLUDES)
    unset(CMAKE_REQUIRED_LIBRARIES)
endif()
if(PLUCK_TORCH_COMPILES AND NOT PLUCK_SANITIZE)
    target_include_directories(pluck_adapter_libraries SYSTEM INTERFACE "${PLUCK_TORCH_FOLDER}")
    target_link_libraries(pluck_adapter_libraries INTERFACE "${PLUCK_TORCH_LIBRARY}" "${PLUCK_C10_LIBRARY}")
    list(APPEND adapter_headers pluck/adapters/torch.hpp)
else()
    string(APPEND adapters_left_out "|/torch_test[.]cpp$")
    message(STATUS "pluck: no libtorch here that this build could use, so pluck/adapters/torch.hpp is not tested "
                   "(Debian and Ubuntu: libtorch-dev)")
endif()

include("${PROJECT_SOURCE_DIR}/cmake/find_llama.cmake")
if(llama_FOUND)
    target_link_libraries(pluck_adapter_libraries INTERFACE llama)
    target_include_directories(pluck_adapter_libraries SYSTEM INTERFACE "${LLAMA_INCLUDE_DIR}")
    list(APPEND adapter_headers pluck/adapters/llama_cpp.hpp pluck/adapters/llama_cpp_row.hpp
         pluck/adapters/llama_cpp_sampler.hpp)
else()
    string(APPEND adapters_left_out "|/llama_[a-z]+_test[.]cpp$")
    message(STATUS "pluck: no llama.cpp here, so pluck/adapters/llama_cpp.hpp is not tested (benchmarks/install_peers "
                   "llama builds it, or name the folder that holds llama-config.cmake by -Dllama_DIR=FOLDER)")
endif()
