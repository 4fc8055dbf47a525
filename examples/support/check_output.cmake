# SPDX-License-Identifier: MIT
# Runs PROGRAM and compares what it prints with the file EXPECTED. With PLUCK_UPDATE_EXPECTED set it writes the file.
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE printed RESULT_VARIABLE exit_code)
if(NOT exit_code EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} ended with ${exit_code}")
endif()
if(DEFINED ENV{PLUCK_UPDATE_EXPECTED})
    file(WRITE "${EXPECTED}" "${printed}")
endif()
file(READ "${EXPECTED}" expected)
if(NOT printed STREQUAL expected)
    message(FATAL_ERROR "${PROGRAM} printed\n${printed}\nbut ${EXPECTED} says\n${expected}")
endif()
