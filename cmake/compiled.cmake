# SPDX-License-Identifier: MIT
# pluck::compiled: the CPU's row and its loops, compiled once. Whoever links it compiles what depends on their own types
# alone. Static or shared as BUILD_SHARED_LIBS says.
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/compiled.cpp"
     CONTENT "#define PLUCK_COMPILED_SOURCE 1\n#include <pluck/cpu/row.hpp>\n")
add_library(pluck_compiled "${PROJECT_BINARY_DIR}/compiled.cpp")
add_library(pluck::compiled ALIAS pluck_compiled)
target_link_libraries(pluck_compiled PUBLIC pluck::pluck)
target_compile_definitions(pluck_compiled PUBLIC PLUCK_COMPILED=1)
set_target_properties(pluck_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON
                      VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")

# A shared library marks what it exports. What links a static one exports nothing of it, whatever its own visibility.
get_target_property(compiled_type pluck_compiled TYPE)
if(compiled_type STREQUAL "SHARED_LIBRARY")
    target_compile_definitions(pluck_compiled PUBLIC PLUCK_SHARED=1)
else()
    set_target_properties(pluck_compiled PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endif()

# The library finds out at run time what the processor has, so it is compiled for any, and optimised, whatever
# CMAKE_CXX_FLAGS say for the rest of the program: of two flags the later one counts.
set(compiled_flags -O2 -fno-fast-math)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND compiled_flags -march=x86-64 -mtune=generic -mno-avx -mno-bmi -mno-bmi2)
endif()
target_compile_options(pluck_compiled PRIVATE ${compiled_flags})

# In a project that only includes this one it is built when something links it.
if(NOT PLUCK_BUILD_COMPILED)
    set_target_properties(pluck_compiled PROPERTIES EXCLUDE_FROM_ALL ON)
endif()
