// An access token from anyone, against keys whose private halves nobody has any more: only the
// three tokens that they signed (corpus/jwt/own, foreign_es256, foreign_rs256) are ever accepted.

#include <algorithm>

#include "adapters/jwks/access_tokens.hpp"
#include "adapters/jwks/token.hpp"
#include "crypto/crypto.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using purser::Timestamp;

constexpr const char* kOwnJwk =
    R"({"kty":"EC","crv":"P-256","x":"jJXarVz8nFzMg7EAisW5s-5ghK1pwGFjiMelAhGz_co","y":)"
    R"("DF1mT-3yU1HZKR1LZtGN7DSPcDjzORuhOBrnyg4fE3U","kid":"kytoPMEXaGjmReedrx58T6ARbyz)"
    R"(HtadPgoGS_7HzY7Q","alg":"ES256","use":"sig"})";
constexpr const char* kForeignJwks =
    R"({"keys":[)"
    R"({"kty":"EC","crv":"P-256","x":"q0IkQOxkzsot4hiQQa9w1pALodouWZHmiIbDVwESkxE","y":)"
    R"("goqEvuluB-7XytQZbZoUj5GWl6MddESQhulfIhpN4tA","kid":"D3rG-LxQgR-EP4cPDO-pxQNSW1h)"
    R"(FE0HXIH9a3nNWp74","alg":"ES256","use":"sig"})"
    R"(,)"
    R"({"kty":"RSA","kid":"rsa","n":"rhaqbBF6uchZmW20jcxiz_y1c6S--JJCBL9zPHxf0xL1vnUNfm)"
    R"(A91QzpjwmGDFaMbcLyCdLUPcFjlRiRsG1H_lnM76kb2Fr3wcn6ndt6bkEyuQaA7n0TmxbPmexF1GgGGq)"
    R"(48Qauj61fwVPzn7ft6ATNS67O3eiFHwIYILOhaDCTqLZoYpVuy-owDZ-La5s6bXbCe_XLYiyYJzxXMV0)"
    R"(A3n0WkJA6qe5PkUmMNyAeMrQRU7-tStkpPGjYmcxA2LhEmVR72ik4bdwqLUZbnk5AfMYTMrV0r9RQNg1)"
    R"(FqbfsOhHFnlHMkVtSPmM3hmA3uHXcBuyUn6RvHlxSb7V042IeT1Q","e":"AQAB"})"
    R"(]})";

// The SHA-256 of the three tokens.
constexpr const char* kGood[] = {
    "8c44cdbb11e0c01d1a18821adfec4d9348f0a47c00303b87bcddc459b96fec7e",
    "eee38a9e19720ade5f10b6bf9ddf3aa493c34a4a65853682a11e130252f6c299",
    "fd18cef19272509dfcb030d18e9d0df63ebd7b320d6b7fc4f20797819a310510"};

class FixedFetch final : public purser::app::HttpFetch {
 public:
  purser::Result<std::string> get(const std::string& url) override {
    FUZZ_REQUIRE(url == "https://issuer.example/jwks");  // and nothing that a token names
    return std::string(kForeignJwks);
  }
};

purser::app::AccessTokens::Trust make_trust() {
  purser::app::AccessTokens::Trust trust;
  trust.project = purser::ProjectId("p1");
  trust.own_issuer = "https://pay.example/api/v1/projects/p1";
  trust.own_public_jwks = {kOwnJwk};
  trust.foreign = {{"https://issuer.example", "app-1", "https://issuer.example/jwks"}};
  return trust;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static FixedFetch fetch;
  static purser::jwks::AccessTokens tokens(fetch, {.cached_tokens = 0});
  static const auto trust = make_trust();
  const std::string_view text = purser::fuzz::text_of(data, size);
  const Timestamp now = *Timestamp::from_millis(1'700'000'000'000);
  const auto claims = tokens.verify(trust, text, now);
  const std::string digest = purser::crypto::to_hex(purser::crypto::sha256(text));
  const bool is_good = std::find(std::begin(kGood), std::end(kGood), digest) != std::end(kGood);
  FUZZ_REQUIRE(claims.has_value() == is_good);
  return 0;
}
