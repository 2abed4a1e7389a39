#pragma once

// Which product a request means: one of the catalog, or one that it describes.

#include <string_view>
#include <variant>

#include "app/sales.hpp"
#include "http/core.hpp"

namespace purser::http::compat {

/// The choice, or what is answered instead. `id` and `inline_product` are the names of the body's
/// members.
std::variant<app::ProductChoice, Reply> choose_product(const Call& call, std::string_view id,
                                                       std::string_view inline_product);

}  // namespace purser::http::compat
