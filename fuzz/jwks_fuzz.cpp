// The document in which a foreign issuer publishes its keys.

#include "adapters/jwks/key_sets.hpp"
#include "fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto keys = purser::jwks::parse_key_set(purser::fuzz::text_of(data, size));
  if (!keys) return 0;
  FUZZ_REQUIRE(!keys->empty() && keys->size() <= 100);
  for (const auto& key : *keys) {
    FUZZ_REQUIRE(key.kid().size() <= 256);
    FUZZ_REQUIRE(!key.verifies("text", ""));
    FUZZ_REQUIRE(!key.verifies("text", std::string(64, '\0')));
    FUZZ_REQUIRE(!key.verifies("text", std::string(256, '\0')));
  }
  return 0;
}
