# `cpack -G DEB` in a build folder makes purser_<version>_<architecture>.deb: the server, the SDK and their
# documents. Only what was installed by install() rules goes in.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME purser)
set(CPACK_PACKAGE_CONTACT "The Purser authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Self-hosted payments, subscriptions and credits server")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_STRIP_FILES ON)  # the debugging symbols are three quarters of the server
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)

include(GNUInstallDirs)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
include(CPack)
