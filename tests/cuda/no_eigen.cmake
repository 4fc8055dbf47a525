# SPDX-License-Identifier: MIT
# cmake -D nvcc= -D include= -D file= -P no_eigen.cmake: what a file for nvcc includes, directly or not, has no Eigen.
execute_process(COMMAND "${nvcc}" -std=c++20 -M "-I${include}" "${file}" OUTPUT_VARIABLE files ERROR_VARIABLE errors
                RESULT_VARIABLE code)
if(NOT code EQUAL 0)
    message(FATAL_ERROR "nvcc -M fails:\n${errors}")
endif()
string(REPLACE "${include}" "" files "${files}")  # the folder of the checkout may have any name
string(REGEX MATCHALL "[^ \n]*/pluck/[^ \n]*" headers "${files}")
list(LENGTH headers count)
if(count LESS 10)
    message(FATAL_ERROR "nvcc -M names ${count} headers of pluck, so this test sees nothing:\n${files}")
endif()
if(files MATCHES "[^ \n]*(Eigen/|/pluck/eigen\\.hpp)[^ \n]*")
    message(FATAL_ERROR "${file} includes ${CMAKE_MATCH_0}")
endif()
