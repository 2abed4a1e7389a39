#pragma once

// Files that must be whole or absent, and private ones. All functions are thread-safe.

#include <string>
#include <string_view>

#include "types/result.hpp"
#include "types/secret.hpp"

namespace purser::server {

/// Replaces a file's content: readers see the old or the new one, never a part. Survives power loss
/// once it returned. `mode` is that of the new file. Errors: kInternalError, the reason in
/// `message`.
Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode);

/// Makes a folder with its parents; the last one with mode 0700. One that exists stays as it is.
Status make_private_folder(const std::string& path);

/// The whole content of a file of at most 1 MiB. Errors: kInternalError, the reason in `message`.
Result<std::string> read_file(const std::string& path);

/// Reads a secret of one line. A file that others than its owner can read is refused with what to
/// do.
Result<Secret> read_private_file(const std::string& path);

/// The secret in `path`; when the file does not exist it is made with mode 0600 and `fresh` in it.
/// Of processes that do so at once, all get the same secret.
Result<Secret> read_or_create_private_file(const std::string& path, const Secret& fresh);

bool file_exists(const std::string& path);

}  // namespace purser::server
