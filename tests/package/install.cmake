# SPDX-License-Identifier: MIT
# cmake -D source= -D build= -D prefix= -D generator= -D options= -P install.cmake: pluck alone, into an empty prefix.
file(REMOVE_RECURSE "${prefix}")
foreach(command IN ITEMS
        "-S;${source};-B;${build};-G;${generator};${options};-DPLUCK_BUILD_TESTS=OFF;-DPLUCK_BUILD_EXAMPLES=OFF"
        "--build;${build}"
        "--install;${build};--prefix;${prefix}")
    execute_process(COMMAND "${CMAKE_COMMAND}" ${command} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

# What is installed can be moved: no file of the package names a folder of this machine.
file(GLOB_RECURSE files "${prefix}/share/cmake/*.cmake")
if(NOT files)
    message(FATAL_ERROR "no CMake package below ${prefix}/share/cmake")
endif()
foreach(file IN LISTS files)
    file(READ "${file}" text)
    foreach(folder IN ITEMS "${source}" "${build}" "${prefix}")
        string(FIND "${text}" "${folder}" at)
        if(NOT at EQUAL -1)
            message(FATAL_ERROR "${file} names the folder ${folder}")
        endif()
    endforeach()
endforeach()
