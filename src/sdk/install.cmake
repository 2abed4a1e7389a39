# libpurser.a, its headers, and what CMake and pkg-config need to find them.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# One archive for the consumer: the SDK with the parts of the tree that it is built on.
add_library(purser_sdk_archive STATIC
  $<TARGET_OBJECTS:purser_sdk> $<TARGET_OBJECTS:purser_json> $<TARGET_OBJECTS:purser_crypto>
  $<TARGET_OBJECTS:purser_types>)
add_library(purser::sdk ALIAS purser_sdk_archive)
set_target_properties(purser_sdk_archive PROPERTIES
  OUTPUT_NAME purser EXPORT_NAME sdk LINKER_LANGUAGE CXX)
target_compile_features(purser_sdk_archive PUBLIC cxx_std_20)
target_include_directories(purser_sdk_archive INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(purser_sdk_archive INTERFACE CURL::libcurl OpenSSL::Crypto simdjson::simdjson
  Threads::Threads)

set(purser_sdk_headers)
foreach(header async client_app customer error error_code model options purser result server_app
    server_customer transport webhook)
  list(APPEND purser_sdk_headers ${PROJECT_SOURCE_DIR}/include/purser/${header}.hpp)
endforeach()
install(FILES ${purser_sdk_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/purser COMPONENT sdk)
install(TARGETS purser_sdk_archive EXPORT purserTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)

set(purser_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/purser)
install(EXPORT purserTargets NAMESPACE purser:: DESTINATION ${purser_cmake_dir} COMPONENT sdk)
configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/purserConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/purserConfig.cmake INSTALL_DESTINATION ${purser_cmake_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/purserConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/purserConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/purserConfigVersion.cmake
  DESTINATION ${purser_cmake_dir} COMPONENT sdk)

# The .pc file finds its prefix by itself, so that the tree can be moved.
set(PURSER_PC_INCLUDE ${CMAKE_INSTALL_INCLUDEDIR})
file(RELATIVE_PATH PURSER_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/purser.pc.in ${CMAKE_CURRENT_BINARY_DIR}/purser.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/purser.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT sdk)
