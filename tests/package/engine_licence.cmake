# SPDX-License-Identifier: MIT
# cmake -D source= -D licence= -D documents= -P engine_licence.cmake: an engine in the folder source was installed with
# pluck, whose own licence is the file licence. Below the folder documents each has its own.
foreach(pair IN ITEMS "engine;${source}/LICENSE" "pluck;${licence}")
    list(GET pair 0 name)
    list(GET pair 1 file)
    file(READ "${file}" expected)
    file(READ "${documents}/${name}/LICENSE" found)
    if(NOT found STREQUAL expected)
        message(FATAL_ERROR "${documents}/${name}/LICENSE is not the licence of ${name}:\n${found}")
    endif()
endforeach()
