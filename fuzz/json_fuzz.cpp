// Any text as JSON: what is accepted is written and read again as the same value.

#include "fuzz/fuzz.hpp"
#include "json/json.hpp"

namespace {

void check_tree(const purser::json::Value& value, int depth) {
  FUZZ_REQUIRE(depth <= 32);
  if (const auto* text = value.as_string()) FUZZ_REQUIRE(text->find('\0') == std::string::npos);
  if (const auto* array = value.as_array()) {
    for (const auto& element : *array) check_tree(element, depth + 1);
  }
  if (const auto* object = value.as_object()) {
    for (const auto& [key, member] : *object) {
      FUZZ_REQUIRE(value.find(key) == &member);  // so no key stands twice
      check_tree(member, depth + 1);
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = purser::json::parse(purser::fuzz::text_of(data, size));
  if (!value) {
    const auto code = value.error().code;
    FUZZ_REQUIRE(code == purser::ErrorCode::kBodyParsingError ||
                 code == purser::ErrorCode::kSchemaError);
    return 0;
  }
  check_tree(*value, 0);
  const std::string text = purser::json::dump(*value);
  const auto again = purser::json::parse(text);
  FUZZ_REQUIRE(again && *again == *value);
  FUZZ_REQUIRE(purser::json::dump(*again) == text);
  return 0;
}
