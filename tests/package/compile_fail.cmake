# SPDX-License-Identifier: MIT
# cmake -D compiler= -D flags= -D file= -P compile_fail.cmake: the file compiles with PLUCK_TWIN defined; without, it
# does not, and the compiler's message matches every line `// expect: REGEX` of the file.
file(STRINGS "${file}" expectations REGEX "^// expect: ")
if(NOT expectations)
    message(FATAL_ERROR "${file} has no line '// expect: REGEX'")
endif()

set(ENV{LC_ALL} C)  # the compilers' quotation marks are plain ones then
execute_process(COMMAND "${compiler}" ${flags} -DPLUCK_TWIN "${file}" RESULT_VARIABLE code ERROR_VARIABLE text)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "the correct twin does not compile:\n${text}")
endif()

execute_process(COMMAND "${compiler}" ${flags} "${file}" RESULT_VARIABLE code ERROR_VARIABLE text)
if(code EQUAL 0)
    message(FATAL_ERROR "the misuse compiles")
endif()
foreach(expectation IN LISTS expectations)
    string(REGEX REPLACE "^// expect: " "" expectation "${expectation}")
    if(NOT text MATCHES "${expectation}")
        message(FATAL_ERROR "the message does not match '${expectation}':\n${text}")
    endif()
endforeach()
