#include "adapters/postgres/store.hpp"

namespace purser::postgres {

Result<app::VerifyReport> PostgresStore::verify(const app::Progress&) {
  return app::VerifyReport{};
}

}  // namespace purser::postgres
