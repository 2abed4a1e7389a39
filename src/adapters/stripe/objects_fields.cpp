#include "adapters/stripe/objects_fields.hpp"

#include "adapters/stripe/objects.hpp"

namespace purser::stripe {
namespace {

constexpr std::size_t kMaxIdBytes = 255;
constexpr std::size_t kMaxTextBytes = 5'000;
const Currency kNoCurrency = *Currency::parse("USD");

}  // namespace

Error odd_answer(const std::string& what) {
  return {ErrorCode::kPaymentProviderUnavailable,
          "Stripe's answer could not be read. Send the same request again to resume.",
          {},
          LogDetail("an answer that Stripe would not give: " + what)};
}

bool is_object_id(const std::string& text) { return !text.empty() && text.size() <= kMaxIdBytes; }

Fields::Fields(const json::Value& object, std::string_view type) : object_(object), type_(type) {
  if (object.as_object() == nullptr) refuse("everything");
  if (!type.empty() && object.string_at("object") != type) refuse("object");
}

const json::Value* Fields::find(std::string_view key) const {
  const json::Value* value = object_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Fields::refuse(std::string_view key) {
  if (odd_.empty()) odd_ = key;
}

Status Fields::status() const {
  if (odd_.empty()) return {};
  const std::string type = type_.empty() ? "object" : std::string(type_);
  return odd_answer(odd_ + " of the " + type + ' ' + object_.string_at("id").value_or(""));
}

std::string Fields::id() {
  auto own = object_.string_at("id").value_or("");
  if (!is_object_id(own)) refuse("id");
  return own;
}

std::string Fields::text(std::string_view key) {
  const json::Value* value = find(key);
  if (value == nullptr) return {};
  if (value->as_string() == nullptr || value->as_string()->size() > kMaxTextBytes) {
    refuse(key);
    return {};
  }
  return *value->as_string();
}

std::string Fields::url(std::string_view key) {
  std::string value = text(key);
  if (!value.empty() && !value.starts_with("https://") && !value.starts_with("http://")) {
    refuse(key);
    return {};
  }
  return value;
}

std::int64_t Fields::integer(std::string_view key) {
  const auto value = object_.int_at(key);
  if (!value) refuse(key);
  return value.value_or(0);
}

std::int64_t Fields::amount(std::string_view key) {
  const std::int64_t value = integer(key);
  if (value < 0) refuse(key);
  return value;
}

bool Fields::flag(std::string_view key) {
  const auto value = object_.bool_at(key);
  if (!value) refuse(key);
  return value.value_or(false);
}

std::string Fields::reference(std::string_view key) {
  const json::Value* value = find(key);
  if (value == nullptr) return {};
  const std::string* written = value->as_string();
  std::string id = written != nullptr ? *written : value->string_at("id").value_or("");
  // Some references are empty texts where others are null.
  const bool is_none = written != nullptr && written->empty();
  if (!is_none && !is_object_id(id)) refuse(key);
  return id;
}

std::string Fields::needed_reference(std::string_view key) {
  std::string id = reference(key);
  if (id.empty()) refuse(key);
  return id;
}

Money Fields::money(std::string_view key) {
  const std::int64_t value = integer(key);
  const auto currency = Currency::parse(object_.string_at("currency").value_or(""));
  if (!currency) refuse("currency");
  return {value, currency.value_or(kNoCurrency)};
}

Timestamp Fields::time(std::string_view key) {
  const auto value = from_seconds(integer(key));
  if (!value) refuse(key);
  return value.value_or(Timestamp{});
}

std::optional<Timestamp> Fields::time_if_any(std::string_view key) {
  if (find(key) == nullptr) return std::nullopt;
  return time(key);
}

std::string Fields::metadata(std::string_view key) const {
  const json::Value* all = object_.find("metadata");
  return all == nullptr ? std::string() : all->string_at(key).value_or("");
}

std::optional<Timestamp> from_seconds(std::int64_t seconds) {
  if (seconds < 0 || seconds > Timestamp::kMaxMillis / 1000) return std::nullopt;
  return Timestamp::from_millis(seconds * 1000);
}

Result<const json::Array*> rows_of(const json::Value* list, const std::string& what) {
  const json::Value* data = list == nullptr ? nullptr : list->find("data");
  const json::Array* rows = data == nullptr ? nullptr : data->as_array();
  if (rows == nullptr) return odd_answer(what + " without data");
  return rows;
}

Result<std::string> read_id(const json::Value& object) {
  Fields fields(object, "");
  std::string id = fields.id();
  PURSER_CHECK_OK(fields.status());
  return id;
}

}  // namespace purser::stripe
