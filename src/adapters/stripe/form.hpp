#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace purser::stripe {

/// Parameters in Stripe's form encoding, where nesting is written as `a[b][0][c]=value`. Every part
/// of a name and every value is percent-encoded; only the brackets of the nesting stand as they
/// are, so a caller's text can never open a level of its own. A value; not thread-safe. Source:
/// https://docs.stripe.com/api (requests are application/x-www-form-urlencoded).
class Form {
 public:
  /// Appends one parameter. `path` has at least one part, from the outside in.
  Form& add(std::initializer_list<std::string_view> path, std::string_view value);
  Form& add(std::initializer_list<std::string_view> path, std::int64_t value);

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Percent-encodes everything but the unreserved characters of RFC 3986 section 2.3.
std::string percent_encode(std::string_view text);

}  // namespace purser::stripe
