#pragma once

#include <string>

#include "adapters/postgres/connection.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// sql::verify_tables with the rules of this engine, in the transaction of `db`, which shows one
/// snapshot and has no time limit. `archives`: the folder of archived months; empty: without them.
Status verify_database(Connection& db, const std::string& archives, Timestamp now,
                       const app::Progress& progress, app::VerifyReport& report);

/// How to connect for statements that read whole tables, however long they take.
ConnectOptions for_whole_tables(const std::string& uri);

}  // namespace purser::postgres
