# SPDX-License-Identifier: MIT
# cmake -D program= -D family= -D list= -D file= -P discover.cmake: asks a test program for its test cases and writes
# one add_test for each. Catch2's own module is not used: with 2.13, a bracket or a semicolon in a name hides the tests
# after it, and "p in [0, 1)" is a name that one wants.
execute_process(COMMAND "${program}" ${list} OUTPUT_VARIABLE names ERROR_VARIABLE errors RESULT_VARIABLE code)
# Catch2 2.13 returns the number of test cases, so the code says nothing.
if(names STREQUAL "")
    message(FATAL_ERROR "${program} ${list} lists no test case; it returned ${code}\n${errors}")
endif()

# CMake's lists trip over these characters: others stand in for them while the names are a list.
string(ASCII 1 open)
string(ASCII 2 close)
string(ASCII 3 semicolon)
string(ASCII 4 backslash)
string(REPLACE "[" "${open}" names "${names}")
string(REPLACE "]" "${close}" names "${names}")
string(REPLACE ";" "${semicolon}" names "${names}")
string(REPLACE "\\" "${backslash}" names "${names}")
string(REPLACE "\n" ";" names "${names}")

set(script "")
foreach(name IN LISTS names)
    string(STRIP "${name}" name)
    string(REGEX REPLACE "^\"(#.*)\"$" "\\1" name "${name}")  # Catch2 2.13 quotes a name that starts so
    if(name STREQUAL "")
        continue()
    endif()
    string(REPLACE "${open}" "[" name "${name}")
    string(REPLACE "${close}" "]" name "${name}")
    string(REPLACE "${semicolon}" ";" name "${name}")
    string(REPLACE "${backslash}" "\\" name "${name}")
    # Catch2 reads its argument as a pattern.
    string(REGEX REPLACE "([][,\"\\*~])" "\\\\\\1" pattern "${name}")
    string(APPEND script
        "add_test([======[${family}: ${name}]======] [======[${program}]======] [======[${pattern}]======])\n"
        "set_tests_properties([======[${family}: ${name}]======] PROPERTIES LABELS ${family} TIMEOUT 900 "
        # Catch2 2.13 ends well when no test case matches.
        "FAIL_REGULAR_EXPRESSION [======[No test cases matched|No tests ran]======])\n")
endforeach()
file(WRITE "${file}" "${script}")
