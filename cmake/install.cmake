# SPDX-License-Identifier: MIT
# What `cmake --install` writes: the headers, and the files by which find_package(pluck) finds them.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/pluck")

install(TARGETS pluck EXPORT pluck-targets FILE_SET HEADERS)
install(EXPORT pluck-targets NAMESPACE pluck:: DESTINATION "${package_dir}")
if(PLUCK_BUILD_COMPILED)
    install(TARGETS pluck_compiled EXPORT pluck-compiled-targets)
    install(EXPORT pluck-compiled-targets NAMESPACE pluck:: DESTINATION "${package_dir}")
endif()

# The device's headers come along in any case, for those who call nvcc themselves. They are in no file set, since the
# host's compiler could not verify them.
install(DIRECTORY include/pluck TYPE INCLUDE FILES_MATCHING PATTERN "*.cuh")
if(PLUCK_CUDA)
    install(TARGETS pluck_cuda EXPORT pluck-cuda-targets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT pluck-cuda-targets NAMESPACE pluck:: DESTINATION "${package_dir}")
endif()

configure_package_config_file(cmake/pluck-config.cmake.in "${PROJECT_BINARY_DIR}/pluck-config.cmake"
                              INSTALL_DESTINATION "${package_dir}")
# While the major version is 0, a new minor version may break callers. The headers are for any architecture; the
# library, if it is installed, belongs to the one that its file was made for, which its linker finds out.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pluck-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/pluck-config.cmake" "${PROJECT_BINARY_DIR}/pluck-config-version.cmake"
        DESTINATION "${package_dir}")
# CMAKE_INSTALL_DOCDIR would be the folder of the project that includes this one, if that has named it already.
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/pluck")
