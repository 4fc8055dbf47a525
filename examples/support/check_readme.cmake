# SPDX-License-Identifier: MIT
# The program between the marks of example 1 is the one that is copied (downstream/main.cpp) and the one that README.md
# shows, with its output. One source, three places.
file(READ "${CMAKE_CURRENT_LIST_DIR}/../01_first_token.cpp" example)
file(READ "${CMAKE_CURRENT_LIST_DIR}/../downstream/main.cpp" copy)
file(READ "${CMAKE_CURRENT_LIST_DIR}/../expected/01_first_token.txt" printed)
file(READ "${CMAKE_CURRENT_LIST_DIR}/../../README.md" readme)

set(mark "// [readme]\n")
string(LENGTH "${mark}" mark_length)
string(FIND "${example}" "${mark}" begin)
math(EXPR begin "${begin} + ${mark_length}")
string(FIND "${example}" "${mark}" end REVERSE)
math(EXPR length "${end} - ${begin}")
if(length LESS_EQUAL 0)
    message(FATAL_ERROR "examples/01_first_token.cpp has no program between two lines '// [readme]'")
endif()
string(SUBSTRING "${example}" ${begin} ${length} program)

string(FIND "${copy}" "${program}" at)
if(at LESS 0)
    message(FATAL_ERROR "examples/downstream/main.cpp does not hold the program of examples/01_first_token.cpp")
endif()
foreach(text IN ITEMS program printed)
    string(FIND "${readme}" "${${text}}" at)
    if(at LESS 0)
        message(FATAL_ERROR "README.md does not hold this:\n${${text}}")
    endif()
endforeach()
