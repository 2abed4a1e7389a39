#pragma once

#include <memory>
#include <vector>

#include "adapters/postgres/batch.hpp"
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/resolvers.hpp"
#include "adapters/sql/reads.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// A view of what is committed, over a borrowed connection. Used by one thread.
std::unique_ptr<app::StoreView> make_view(Pool& pool, KnownRows& known_rows);

}  // namespace purser::postgres
