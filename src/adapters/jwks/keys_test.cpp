#include "adapters/jwks/keys.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "adapters/jwks/test_issuer.hpp"

namespace purser::jwks {
namespace {

std::optional<PublicKey> key_of(const std::string& jwk) {
  const auto value = json::parse(jwk);
  EXPECT_TRUE(value) << jwk;
  return PublicKey::from_jwk(*value);
}
std::string raw(std::string_view base64url) { return *crypto::from_base64url(base64url); }

constexpr const char* kEcJwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr const char* kClaims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

// Source: RFC 7515 appendix A.3.
TEST(PublicKey, VerifiesThePublishedEs256Example) {
  const auto key = key_of(kEcJwk);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->algorithm(), Algorithm::kEs256);
  const std::string signature =
      raw("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
          "pmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_TRUE(key->verifies(std::string("eyJhbGciOiJFUzI1NiJ9.") + kClaims, signature));
  EXPECT_FALSE(key->verifies(std::string("eyJhbGciOiJFUzI1NiJ8.") + kClaims, signature));
}

// Source: RFC 7515 appendix A.2.
TEST(PublicKey, VerifiesThePublishedRs256Example) {
  const auto key = key_of(
      R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp)"
      R"(-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg)"
      R"(0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9)"
      R"(kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->algorithm(), Algorithm::kRs256);
  EXPECT_TRUE(key->verifies(std::string("eyJhbGciOiJSUzI1NiJ9.") + kClaims,
                            raw("cC4hiUPoj9Eetdgtv3hF80EGrhuB__"
                                "dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujG"
                                "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
                                "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
                                "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
                                "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
                                "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw")));
}

TEST(PublicKey, RefusesWhatIsNoVerificationKey) {
  const std::string x = R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")";
  const std::string y = R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
  const std::string ec = R"({"kty":"EC","crv":"P-256",)";
  for (
      const std::string& jwk :
      {std::string("{}"), std::string("[]"), std::string(R"({"kty":"oct","k":"c2VjcmV0"})"),
       ec + x + "}", ec + x + R"(,"y":"AAAA"})",
       // A point that is not on the curve.
       ec + x + R"(,"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4"})",
       R"({"kty":"EC","crv":"P-384",)" + x + "," + y + "}",
       R"({"kty":"EC","crv":"secp256k1",)" + x + "," + y + "}",
       ec + x + "," + y + R"(,"use":"enc"})", ec + x + "," + y + R"(,"alg":"ES384"})",
       ec + x + "," + y + R"(,"alg":"HS256"})", ec + x + "," + y + R"(,"key_ops":["sign"]})",
       ec + x + "," + y + R"(,"key_ops":"verify"})",
       ec + x + "," + y + R"(,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})",
       ec + x + "," + y + R"(,"kid":")" + std::string(257, 'k') + "\"}",
       std::string(R"({"kty":"RSA","e":"AQAB","n":"AQAB"})"),
       std::string(
           R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})")}) {
    EXPECT_FALSE(key_of(jwk)) << jwk;
  }
  EXPECT_TRUE(key_of(ec + x + "," + y + R"(,"use":"sig","key_ops":["verify"],"alg":"ES256"})"));
}

TEST(PublicKey, RefusesRsaKeysThatAreTooSmallOrOdd) {
  const std::string n2048 = *json::parse(TestIssuer().rsa_jwk("rsa"))->string_at("n");
  const std::string n1024 = crypto::to_base64url(std::string(128, '\xff'));
  const std::string n16k = crypto::to_base64url(std::string(2048, '\xff'));
  const auto rsa = [](const std::string& n, const std::string& e) {
    return R"({"kty":"RSA","n":")" + n + R"(","e":")" + e + "\"}";
  };
  EXPECT_TRUE(key_of(rsa(n2048, "AQAB")));
  EXPECT_FALSE(key_of(rsa(n1024, "AQAB")));
  EXPECT_FALSE(key_of(rsa(n16k, "AQAB")));
  EXPECT_FALSE(key_of(rsa(n2048, "AQ")));        // 1
  EXPECT_FALSE(key_of(rsa(n2048, "AQAA")));      // even
  EXPECT_FALSE(key_of(rsa(n2048, "AQAAAAAB")));  // beyond 32 bits
  EXPECT_FALSE(key_of(rsa(n2048, "")));
}

TEST(MakeKeyPair, SignsWhatItsPublicKeyVerifies) {
  const auto pair = make_key_pair();
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->kid.size(), 43U);
  EXPECT_EQ(pair->public_jwk.find("\"d\""), std::string::npos);
  EXPECT_TRUE(pair->private_pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
  const auto key = key_of(pair->public_jwk);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->kid(), pair->kid);
  const auto signature = sign_es256(pair->private_pem, "text");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->size(), 64U);
  EXPECT_TRUE(key->verifies("text", *signature));
  EXPECT_FALSE(key->verifies("test", *signature));
  EXPECT_NE(make_key_pair()->kid, pair->kid);
}

TEST(MakeKeyPair, NoChangedSignatureVerifies) {
  const auto pair = make_key_pair();
  const auto key = key_of(pair->public_jwk);
  const std::string good = *sign_es256(pair->private_pem, "text");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key->verifies("text", changed)) << i;
  }
  for (const std::string& text : {std::string(), std::string(64, '\0'), std::string(64, '\xff'),
                                  good + "x", good.substr(1), good.substr(0, 63)}) {
    EXPECT_FALSE(key->verifies("text", text));
  }
}

TEST(SignEs256, RefusesWhatIsNoKeyOnTheCurve) {
  EXPECT_FALSE(sign_es256(Secret(""), "text"));
  EXPECT_FALSE(
      sign_es256(Secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "text"));
}

TEST(ParseAlgorithm, KnowsTwo) {
  EXPECT_EQ(parse_algorithm("ES256"), Algorithm::kEs256);
  EXPECT_EQ(parse_algorithm("RS256"), Algorithm::kRs256);
  for (const char* name : {"", "none", "None", "NONE", "HS256", "es256", "ES256 ", "PS256", "ES384",
                           "RS512", "EdDSA"}) {
    EXPECT_EQ(parse_algorithm(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace purser::jwks
