#pragma once

// The fields of answers, each stated by its name and what it says. In an answer every field is
// required; one that may be null says so.

#include "http/schema.hpp"
#include "types/quantity.hpp"

namespace purser::http::schemas {

using enum FieldKind;

inline constexpr std::string_view kCustomerTypes[] = {"user", "team", "custom"};

constexpr Field id(std::string_view name, std::string_view doc, bool nullable = false) {
  return {.name = name, .kind = kId, .required = true, .nullable = nullable, .doc = doc};
}
constexpr Field text(std::string_view name, std::string_view doc, bool nullable = false) {
  return {.name = name,
          .kind = kText,
          .required = true,
          .max = 1 << 20,
          .nullable = nullable,
          .doc = doc};
}
constexpr Field secret(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = kText, .required = true, .max = 8192, .secret = true, .doc = doc};
}
constexpr Field flag(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = kBoolean, .required = true, .doc = doc};
}
constexpr Field instant(std::string_view name, std::string_view doc, bool nullable = false) {
  return {.name = name, .kind = kTimestamp, .required = true, .nullable = nullable, .doc = doc};
}
constexpr Field number(std::string_view name, std::string_view doc, std::int64_t min,
                       bool nullable = false) {
  return {.name = name,
          .kind = kInteger,
          .required = true,
          .min = min,
          .max = Quantity::kMax,
          .nullable = nullable,
          .doc = doc};
}
constexpr Field choice(std::string_view name, std::span<const std::string_view> of,
                       std::string_view doc, bool nullable = false) {
  return {.name = name,
          .kind = kChoice,
          .required = true,
          .nullable = nullable,
          .choices = of,
          .doc = doc};
}
constexpr Field texts(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = kTexts, .required = true, .max = 1 << 20, .doc = doc};
}
constexpr Field objects(std::string_view name, const Schema& of, std::string_view doc) {
  return {.name = name, .kind = kObjects, .required = true, .max = 1 << 20, .of = &of, .doc = doc};
}
/// An object of its own shape, or null.
constexpr Field part(std::string_view name, const Schema& of, std::string_view doc,
                     bool nullable = false) {
  return {
      .name = name, .kind = kObject, .required = true, .nullable = nullable, .of = &of, .doc = doc};
}

}  // namespace purser::http::schemas
