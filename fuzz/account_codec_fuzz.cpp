// Bytes of a stored item account: a damaged store is refused, never misread.

#include "codec/account_codec.hpp"
#include "fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = purser::fuzz::text_of(data, size);
  const auto account = purser::codec::decode_account(bytes);
  if (!account) return 0;
  // Only what encode_account writes is read, or wrote as version 1.
  const std::string written = purser::codec::encode_account(*account);
  FUZZ_REQUIRE(bytes.front() == '\x01' || written == bytes);
  const auto again = purser::codec::decode_account(written);
  FUZZ_REQUIRE(again && *again == *account);
  FUZZ_REQUIRE(!account->debt.is_positive());
  FUZZ_REQUIRE(account->lots.empty() || account->debt.is_zero());
  return 0;
}
