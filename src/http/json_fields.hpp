#pragma once

// Members of answers that several encoders write.

#include <optional>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "types/timestamp.hpp"

namespace purser::http {

inline void instant(json::Writer& out, std::string_view name, Timestamp at) {
  out.field(name, at.to_iso8601());
}

inline void instant_or_null(json::Writer& out, std::string_view name,
                            const std::optional<Timestamp>& at) {
  if (at) return instant(out, name, *at);
  out.key(name).null();
}

/// An empty text is null.
inline void text_or_null(json::Writer& out, std::string_view name, const std::string& text) {
  if (text.empty()) {
    out.key(name).null();
  } else {
    out.field(name, text);
  }
}

}  // namespace purser::http
