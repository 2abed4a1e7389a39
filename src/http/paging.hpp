#pragma once

// Lists, a page at a time.

#include <algorithm>
#include <string>
#include <vector>

#include "http/core.hpp"
#include "http/encode.hpp"

namespace purser::http {

/// Which part of a list is asked for.
struct Page {
  std::string after;  ///< the key of the last row of the page before; empty: from the start
  int limit = 50;     ///< 1–100
};

/// The page that a call asks for. Errors: kInvalidCursor.
Result<Page> page_of(const Call& call, int default_limit = 50);

/// A cursor behind the row with this key in the call's list.
std::string cursor_after(const Call& call, const std::string& key);

/// {"items": …, "is_paginated": true, "pagination": {"next_cursor": …}} around rows that are JSON.
std::string encode_page(const std::string& rows, const std::optional<std::string>& next_cursor);

/// The answer for rows that were asked for with one more than the limit: that one tells whether
/// there is a next page. `key` gives a row's place in the list.
template <class Row, class Key>
std::string encode_rows(const Call& call, const Page& page, const std::vector<Row>& rows, Key key) {
  const auto count = std::min(rows.size(), static_cast<std::size_t>(page.limit));
  json::Writer out;
  out.begin_array();
  for (std::size_t i = 0; i < count; ++i) write(out, rows[i]);
  out.end_array();
  std::optional<std::string> next;
  if (count < rows.size()) next = cursor_after(call, key(rows[count - 1]));
  return encode_page(out.str(), next);
}

/// The same for a whole list in memory, in any order.
template <class Row, class Key>
std::string encode_all(const Call& call, const Page& page, std::vector<Row> rows, Key key) {
  std::ranges::sort(rows, {}, key);
  std::erase_if(rows, [&](const Row& row) { return key(row) <= page.after; });
  return encode_rows(call, page, rows, key);
}

/// The project that a call is about: its caller's, or the one in the path of a root call.
/// Errors: kProjectNotFound.
Result<std::shared_ptr<const app::ProjectContext>> target_of(const Call& call);

}  // namespace purser::http
