# The target purser_sqlite3: SQLite's amalgamation, pinned by checksum (tools/fetch_sqlite says why), or
# Debian's library. The store's adapter links this target and nothing else of SQLite.

set(PURSER_SQLITE "amalgamation" CACHE STRING "Where SQLite comes from: amalgamation or debian")
set_property(CACHE PURSER_SQLITE PROPERTY STRINGS amalgamation debian)

if(NOT PURSER_SQLITE MATCHES "^(amalgamation|debian)$")
  message(FATAL_ERROR "PURSER_SQLITE is \"${PURSER_SQLITE}\"; it must be amalgamation or debian")
endif()

set(purser_sqlite_source ${PURSER_SQLITE})
if(PURSER_SQLITE STREQUAL "amalgamation")
  # One copy serves all build folders of the tree.
  set(purser_sqlite_dir ${PROJECT_SOURCE_DIR}/build/third_party/sqlite3)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/fetch_sqlite ${purser_sqlite_dir}
    RESULT_VARIABLE purser_sqlite_status)
  if(purser_sqlite_status EQUAL 1)
    message(WARNING "SQLite's pinned amalgamation is out of reach; building with Debian's library "
      "instead, which is older and slower. Configure again when npm works.")
    set(purser_sqlite_source debian)
  elseif(NOT purser_sqlite_status EQUAL 0)
    message(FATAL_ERROR "tools/fetch_sqlite refused what it was given (status ${purser_sqlite_status})")
  endif()
endif()

if(purser_sqlite_source STREQUAL "amalgamation")
  add_library(purser_sqlite3 STATIC ${purser_sqlite_dir}/sqlite3.c)
  target_include_directories(purser_sqlite3 SYSTEM PUBLIC ${purser_sqlite_dir})
  # THREADSAFE=2: a connection belongs to one thread at a time. DQS=0: "x" is never a string.
  # DEFAULT_WAL_SYNCHRONOUS=2: FULL, because an acknowledged operation survives power loss.
  # HAVE_FDATASYNC: without it SQLite calls fsync, which waits for the file system's journal whenever the
  # time of the last write changed; a log that is written over in place needs only its data on the disk.
  target_compile_definitions(purser_sqlite3 PRIVATE
    SQLITE_THREADSAFE=2
    SQLITE_DQS=0
    SQLITE_DEFAULT_WAL_SYNCHRONOUS=2
    SQLITE_DEFAULT_MEMSTATUS=0
    SQLITE_LIKE_DOESNT_MATCH_BLOBS
    SQLITE_MAX_EXPR_DEPTH=0
    SQLITE_OMIT_DEPRECATED
    SQLITE_OMIT_LOAD_EXTENSION
    SQLITE_OMIT_PROGRESS_CALLBACK
    SQLITE_OMIT_SHARED_CACHE
    SQLITE_USE_ALLOCA
    HAVE_USLEEP=1
    HAVE_FDATASYNC=1)
  # Optimised in every build type: the store's tests would crawl otherwise.
  target_compile_options(purser_sqlite3 PRIVATE -O2 -w -fno-omit-frame-pointer)
  # SQLite's connections meet in shared memory under file locks, which ThreadSanitizer does not know;
  # and UndefinedBehaviorSanitizer takes minutes to compile it. What we hand to it is still watched.
  if(PURSER_SANITIZE)
    target_compile_options(purser_sqlite3 PRIVATE -fno-sanitize=thread,undefined)
  endif()
  target_link_libraries(purser_sqlite3 PUBLIC Threads::Threads m)
else()
  find_package(SQLite3 REQUIRED)
  add_library(purser_sqlite3 INTERFACE)
  target_link_libraries(purser_sqlite3 INTERFACE SQLite::SQLite3)
endif()
message(STATUS "SQLite: ${purser_sqlite_source}")
