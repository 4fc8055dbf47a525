# SPDX-License-Identifier: MIT
# Flags for pluck's own tests, examples and benchmarks. None of them reaches a user of pluck::pluck.
option(PLUCK_WERROR "Warnings in pluck's own code are errors" OFF)
set(PLUCK_SANITIZE "" CACHE STRING "Sanitizers for pluck's own programs, such as address,undefined or thread")

# An empty build type means no optimisation at all, and the statistical tests would take an hour.
get_property(is_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(PROJECT_IS_TOP_LEVEL AND NOT is_multi_config AND NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()

add_library(pluck_development INTERFACE)
add_library(pluck::development ALIAS pluck_development)
target_link_libraries(pluck_development INTERFACE pluck::pluck)
target_compile_options(pluck_development INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
# g++ 12 sees overlapping copies in `"text" + std::string` where there are none (GCC bug 105651).
target_compile_options(pluck_development INTERFACE
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
if(PLUCK_WERROR)
    target_compile_options(pluck_development INTERFACE -Werror)
endif()
if(PLUCK_SANITIZE)
    target_compile_options(pluck_development INTERFACE -fsanitize=${PLUCK_SANITIZE} -fno-sanitize-recover=all
                                                       -fno-omit-frame-pointer -g1)
    target_link_options(pluck_development INTERFACE -fsanitize=${PLUCK_SANITIZE})
    # What the tests link is looked at, too.
    target_compile_options(pluck_compiled PRIVATE -fsanitize=${PLUCK_SANITIZE} -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer -g1)
endif()
