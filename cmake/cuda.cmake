# SPDX-License-Identifier: MIT
# The target pluck::cuda: the same headers for .cu files, which see no Eigen. Whoever links it enables the language
# CUDA; pluck does not, since a target of headers compiles nothing.
find_package(CUDAToolkit 12)
if(NOT CUDAToolkit_FOUND)
    message(FATAL_ERROR "PLUCK_CUDA is ON, and CMake finds no CUDA toolkit of version 12 or newer. Install one, or "
                        "name its folder by -DCUDAToolkit_ROOT=FOLDER; -DPLUCK_CUDA=OFF does without.")
endif()

add_library(pluck_cuda INTERFACE)
add_library(pluck::cuda ALIAS pluck_cuda)
set_target_properties(pluck_cuda PROPERTIES EXPORT_NAME cuda)
target_include_directories(pluck_cuda INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>")
target_compile_features(pluck_cuda INTERFACE cxx_std_20)
target_link_libraries(pluck_cuda INTERFACE CUDA::cudart)
