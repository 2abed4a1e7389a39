# Compiler settings, and the two functions by which every folder declares its library and its tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

# Invariants are asserted in every build: an assert that fails stops a wrong amount.
foreach(flags CMAKE_CXX_FLAGS_RELEASE CMAKE_CXX_FLAGS_RELWITHDEBINFO CMAKE_CXX_FLAGS_MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" ${flags} "${${flags}}")
endforeach()

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the source folder count as relative, so that every clone shares what one has compiled.
  set(PURSER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PURSER_LAUNCHER})
  set(CMAKE_C_COMPILER_LAUNCHER ${PURSER_LAUNCHER})
endif()

add_library(purser_options INTERFACE)
target_compile_options(purser_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely for std::variant and coroutines.
  target_compile_options(purser_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
else()
  # A later clang may warn of more than an earlier one knows.
  target_compile_options(purser_options INTERFACE -Wno-unknown-warning-option)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
    # These clangs compile coroutines but do not say so, and libstdc++ looks for the macro.
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-builtin-macro-redefined>
      $<$<COMPILE_LANGUAGE:CXX>:-D__cpp_impl_coroutine=201902L>)
  endif()
endif()
if(PURSER_SANITIZE)
  add_compile_options(-fsanitize=${PURSER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PURSER_SANITIZE})
endif()

# What ./check builds for one purpose: the quick tests, the tests for ThreadSanitizer, and the fuzz targets.
add_custom_target(purser_fast_tests)
add_custom_target(purser_tsan_tests)
add_custom_target(purser_fuzz_targets)

# purser_library(NAME SOURCES a.cpp b.cpp DEPS purser_types PRIVATE_DEPS SQLite::SQLite3)
# One static library per folder. Include paths start at src/: #include "types/money.hpp".
function(purser_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE purser_options ${ARG_PRIVATE_DEPS})
endfunction()

# purser_test(NAME SOURCES a_test.cpp DEPS purser_types LABELS fast) builds one GoogleTest program and
# registers it with ctest. Labels: fast (part of ./check fast), tsan (also run under ThreadSanitizer).
function(purser_test name)
  if(NOT PURSER_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE purser_options ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  if(PURSER_SANITIZE MATCHES "undefined")
    # Tests are the slowest to compile. These checks double it, and AddressSanitizer finds most of the same;
    # what is under test has all of them.
    target_compile_options(${name} PRIVATE -fno-sanitize=null,alignment,vptr,object-size)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
  foreach(label fast tsan)
    if(label IN_LIST ARG_LABELS)
      add_dependencies(purser_${label}_tests ${name})
    endif()
  endforeach()
endfunction()

# purser_postgres_test(NAME …) is a purser_test that needs PostgreSQL: ctest starts one for all of them.
function(purser_postgres_test name)
  if(NOT PURSER_TESTS)
    return()
  endif()
  purser_test(${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED postgres
    ENVIRONMENT PURSER_TEST_POSTGRES=${CMAKE_BINARY_DIR}/postgres.server)
endfunction()

# purser_fuzz_target(fuzz_json SOURCES fuzz_json.cpp DEPS purser_json): one libFuzzer program; ./check runs
# it with the corpus fuzz/corpus/<name without fuzz_>.
function(purser_fuzz_target name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE purser_options ${ARG_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(purser_fuzz_targets ${name})
endfunction()
