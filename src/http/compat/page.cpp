#include "http/compat/page.hpp"

#include <algorithm>
#include <charconv>

#include "http/compat/known_errors.hpp"

namespace purser::http::compat {

int limit_of(const Call& call) {
  constexpr int kDefault = 10;
  constexpr int kMost = 100;
  const auto text = call.query_value("limit");
  if (!text) return kDefault;
  int limit = kMost;  // also for one that does not fit
  std::from_chars(text->data(), text->data() + text->size(), limit);
  return std::min(limit, kMost);
}

Reply invalid_cursor() { return plain(400, "Invalid cursor"); }

}  // namespace purser::http::compat
