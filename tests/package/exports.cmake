# SPDX-License-Identifier: MIT
# cmake -D nm= -D library= -D own= -P exports.cmake: the shared library exports the function own, and nothing of pluck's
# although it links it. Two such plugins with different versions of pluck would use the functions of one of them.
execute_process(COMMAND "${nm}" -D --defined-only "${library}" OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" symbols "${text}")
list(LENGTH symbols count)
message(STATUS "${library} exports ${count} symbols")
if(NOT text MATCHES "${own}")
    message(FATAL_ERROR "${library} does not export ${own}:\n${text}")
endif()
list(FILTER symbols INCLUDE REGEX "pluck")
list(LENGTH symbols count)
if(count)
    list(JOIN symbols "\n" symbols)
    message(FATAL_ERROR "${library} exports ${count} symbols of pluck:\n${symbols}")
endif()
