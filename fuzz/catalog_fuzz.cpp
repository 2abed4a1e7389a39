// A catalog document, JSON or YAML, as an administrator sends it.

#include "codec/catalog_codec.hpp"
#include "fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using purser::codec::parse_catalog;
  const auto catalog = parse_catalog(purser::fuzz::text_of(data, size));
  if (!catalog) {
    const auto code = catalog.error().code;
    FUZZ_REQUIRE(code == purser::ErrorCode::kCatalogInvalid ||
                 code == purser::ErrorCode::kBodyParsingError ||
                 code == purser::ErrorCode::kSchemaError);
    return 0;
  }
  FUZZ_REQUIRE(purser::domain::validate(*catalog).empty());
  const auto from_json = parse_catalog(purser::codec::encode_catalog(*catalog));
  const auto from_yaml = parse_catalog(purser::codec::encode_catalog_yaml(*catalog));
  FUZZ_REQUIRE(from_json && purser::domain::diff(*catalog, *from_json).empty());
  FUZZ_REQUIRE(from_yaml && purser::domain::diff(*catalog, *from_yaml).empty());
  return 0;
}
