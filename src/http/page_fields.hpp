#pragma once

// The query parameters of everything that answers page by page.

#include "http/schema.hpp"

namespace purser::http::schemas {

inline constexpr Field kCursor{
    .name = "cursor",
    .kind = FieldKind::kText,
    .max = 1024,
    .doc = "`pagination.next_cursor` of the page before. Absent: the first page."};
inline constexpr Field kLimit{.name = "limit",
                              .kind = FieldKind::kInteger,
                              .min = 1,
                              .max = 100,
                              .doc = "Rows a page; above 100 counts as 100."};

}  // namespace purser::http::schemas
