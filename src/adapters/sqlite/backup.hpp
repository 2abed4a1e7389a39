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

}  // namespace purser::sqlite
