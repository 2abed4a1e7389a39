#pragma once

#include <string>

#include "adapters/sqlite/connection.hpp"
#include "app/ports/store.hpp"

namespace purser::sqlite {

/// Copies what `source` sees now to a new file, durably, while others write on. The file appears
/// under its name only when it is complete. Errors: kAlreadyExists; kStoreUnavailable with the
/// reason.
Status backup_database(Connection& source, const std::string& path, const std::string& vfs,
                       const app::Progress& progress);

/// Removes the log of the database that stood at `path` before a backup was copied into its place:
/// SQLite would apply it to the copy. Backups are marked as files without a log, so that the two
/// can be told apart. Errors: kStoreUnavailable when it cannot be removed.
Status discard_log_of_replaced_file(const std::string& path);

}  // namespace purser::sqlite
