#pragma once

#include <cstdint>

namespace purser::sql {

/// Some of the customers, by row number: above `after`, up to `up_to`.
struct Portion {
  std::int64_t after = 0;
  std::int64_t up_to = 0;
};

}  // namespace purser::sql
