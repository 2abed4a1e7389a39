#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "json/json.hpp"
#include "sandbox/failure.hpp"

namespace purser::sandbox {

/// One parameter of a request, or a group of them: `a[b][0][c]=v` is a tree. Array indices and `[]`
/// are children in their order.
struct Param {
  std::string name;
  std::optional<std::string> value;
  std::vector<Param> children;
  bool used = false;
};

/// Reads a request's parameters. Reading notes the first thing that is wrong and goes on with a
/// harmless value; a handler reads all it knows, then asks finish(), which also refuses parameters
/// that nobody read. Nothing may be changed before that.
class Params {
 public:
  /// Refuses malformed names and more than 1,000 parameters.
  static std::variant<Params, Failure> parse(
      const std::vector<std::pair<std::string, std::string>>& fields);

  Params() = default;

  bool has(std::string_view name) const;
  /// Whether it was sent as one value, not as a group.
  bool is_plain(std::string_view name) const;
  std::optional<std::string> text(const std::string& name, std::size_t max_length = 5000);
  std::string required_text(const std::string& name, std::size_t max_length = 5000);
  /// Text that may also be sent empty to unset it: the outer optional says whether it was sent.
  std::optional<std::optional<std::string>> clearable_text(const std::string& name,
                                                           std::size_t max_length = 5000);
  std::optional<std::int64_t> integer(const std::string& name,
                                      std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                                      std::int64_t max = std::numeric_limits<std::int64_t>::max());
  std::optional<bool> boolean(const std::string& name);
  std::optional<std::string> one_of(const std::string& name,
                                    std::initializer_list<std::string_view> allowed);
  std::vector<std::string> text_list(const std::string& name);
  std::optional<std::string> url(const std::string& name);

  /// A group of parameters, or nullopt when none was sent. Its complaints belong to the same
  /// request.
  std::optional<Params> group(const std::string& name);
  std::vector<Params> group_list(const std::string& name);

  /// Applies `metadata[…]` to `metadata`: an empty value removes a key, `metadata=` removes all.
  /// Source: https://docs.stripe.com/api/metadata (50 keys, 40 and 500 characters, no brackets).
  void apply_metadata(json::Value& metadata);

  /// The value, without noting that it was read; "" when there is none.
  std::string peek(std::string_view name) const;
  /// Whether this parameter was sent with exactly this value; reads it when it was.
  bool is(const std::string& name, std::string_view value);

  void complain(Failure failure);
  /// The first complaint, also about parameters that were sent and not read.
  std::optional<Failure> finish();

  std::string full_name(const std::string& name) const;

 private:
  Param* find(std::string_view name) const;
  std::optional<std::string> scalar(const std::string& name);
  const Param* first_unused(const Param& param, std::string& path) const;

  std::shared_ptr<Param> root_ = std::make_shared<Param>();
  std::shared_ptr<std::optional<Failure>> complaint_ = std::make_shared<std::optional<Failure>>();
  Param* here_ = root_.get();
  std::string prefix_;
};

}  // namespace purser::sandbox
