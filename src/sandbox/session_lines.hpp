#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/api.hpp"
#include "types/money.hpp"

namespace purser::sandbox {

/// What creating a session reads of its line items before it changes anything.
struct SessionLines {
  std::vector<json::Value> new_products;
  std::vector<json::Value> new_prices;
  json::Array items;
  std::optional<Currency> currency;
  std::int64_t total = 0;      ///< of everything
  std::int64_t recurring = 0;  ///< of that, what every period costs
};

/// Reads `line_items` for a session in mode `payment` or `subscription`; notes complaints.
SessionLines read_session_lines(Call& call, const std::string& mode);

}  // namespace purser::sandbox
