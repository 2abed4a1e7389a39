#pragma once

#include <atomic>
#include <cstdint>

namespace purser::sqlite {

/// Lets reading connections keep one read transaction over many reads instead of taking and giving
/// back SQLite's file locks for each: four system calls, which cost more than the read itself.
///
/// A kept transaction is good as long as nothing was committed since it began. While the log is to
/// be copied into the database none may be kept, because what a reader stands on cannot be copied
/// over. Thread-safe.
struct SnapshotRule {
  std::atomic<std::uint64_t> commits{0};  ///< advanced after a commit is durable, before it is told
  std::atomic<bool> may_keep{true};
};

}  // namespace purser::sqlite
