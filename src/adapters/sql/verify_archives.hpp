#pragma once

#include <string>

#include "adapters/sql/connection.hpp"
#include "adapters/sql/findings.hpp"

namespace purser::sql {

/// Compares the archives in a folder with their recorded checksums, and folds their lines, account
/// by account, against what is carried forward of them. Memory stays bounded, however many there
/// are. Errors: the database cannot be read; a file that is missing, damaged or changed is a
/// finding.
Status check_archives(Connection& db, const std::string& folder, Findings& findings);

}  // namespace purser::sql
