# SPDX-License-Identifier: MIT
# cmake -D folder= -D includes= -P eigen5.cmake: writes a package that answers find_package(Eigen3) the way Eigen 5
# does, to requests for 5 only. The headers are those of the Eigen that is installed.
file(WRITE "${folder}/Eigen3Config.cmake" "
if(NOT TARGET Eigen3::Eigen)
    add_library(Eigen3::Eigen INTERFACE IMPORTED)
    set_target_properties(Eigen3::Eigen PROPERTIES INTERFACE_INCLUDE_DIRECTORIES \"${includes}\")
endif()
")
file(WRITE "${folder}/Eigen3ConfigVersion.cmake" "
set(PACKAGE_VERSION 5.0.1)
if(NOT PACKAGE_FIND_VERSION OR PACKAGE_FIND_VERSION_MAJOR EQUAL 5)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
")
