# SPDX-License-Identifier: MIT
# Runs PROGRAM, example 7, in the empty folder FOLDER: it trains, keeps its weights, finds them again, trains the same
# weights on another number of threads, and refuses what is wrong.
file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")

# run(EXIT_CODE TEXT argument...): the program must end so, and print the text on one of its two streams.
function(run expected_code expected_text)
    execute_process(COMMAND "${PROGRAM}" ${ARGN} WORKING_DIRECTORY "${FOLDER}" RESULT_VARIABLE code
                    OUTPUT_VARIABLE printed ERROR_VARIABLE errors)
    string(FIND "${printed}${errors}" "${expected_text}" found)
    if(NOT code EQUAL expected_code OR found EQUAL -1)
        message(FATAL_ERROR "'${ARGN}' should end with ${expected_code} and say '${expected_text}'; it ended with "
                            "${code} and said\n${printed}${errors}")
    endif()
    string(REGEX REPLACE "^.*(\nAfter [0-9]+ epochs)" "\\1" text "${printed}")  # without the lines about the weights
    set(text "${text}" PARENT_SCOPE)
endfunction()

run(0 "weights saved in a.weights" --epochs 2 --threads 1 --weights a.weights)
set(first "${text}")
run(0 "weights loaded from a.weights: 2 epochs" --epochs 2 --weights a.weights)
if(NOT text STREQUAL first)
    message(FATAL_ERROR "trained, it wrote\n${first}\nloaded,\n${text}")
endif()
run(0 "for 3 epochs, remove the file" --epochs 3 --weights a.weights)
run(0 "weights saved in b.weights" --epochs 2 --threads 3 --weights b.weights)
file(SHA256 "${FOLDER}/a.weights" a)
file(SHA256 "${FOLDER}/b.weights" b)
if(NOT a STREQUAL b)
    message(FATAL_ERROR "the weights depend on the number of threads")
endif()

file(WRITE "${FOLDER}/text.weights" "To be or not to be")
run(1 "text.weights is not a weights file" --weights text.weights --epochs 2)
run(1 "cannot write the weights to missing/c.weights" --weights missing/c.weights --epochs 1)
run(2 "unknown option --epoch" --epoch 2)
run(2 "--epochs needs a value" --epochs)
run(2 "--epochs needs a whole number, got two" --epochs two)
run(2 "--epochs must be in [1, 100000]" --epochs 0)
run(2 "--threads must be in [1, 64]" --threads 0)
run(2 "ends in .svg or .png" --plot chart.pdf)
