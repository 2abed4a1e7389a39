#include "adapters/jwks/access_tokens.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "adapters/jwks/fake_fetch.hpp"
#include "adapters/jwks/test_issuer.hpp"

namespace purser::jwks {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr const char* kJwksUrl = "https://issuer.example/jwks";

Timestamp at(std::int64_t seconds) { return *Timestamp::from_millis(seconds * 1000); }

// Made once: RSA keys take their time.
const TestIssuer& issuer() {
  static const TestIssuer made;
  return made;
}
const NewKeyPair& own_key() {
  static const NewKeyPair made = *make_key_pair();
  return made;
}

class AccessTokensTest : public testing::Test {
 protected:
  AccessTokensTest() {
    trust_.project = ProjectId("p1");
    trust_.own_issuer = "https://pay.example/api/v1/projects/p1";
    trust_.own_public_jwks = {own_key().public_jwk};
    trust_.foreign = {{"https://issuer.example", "app-1", kJwksUrl}};
    fetch_.documents[kJwksUrl] = issuer().jwks();
  }

  app::AccessTokens::NewToken order() const {
    app::AccessTokens::NewToken token;
    token.kid = own_key().kid;
    token.private_pem = own_key().private_pem;
    token.project = trust_.project;
    token.user = UserId("u1");
    token.session = SessionId("s1");
    token.issuer = trust_.own_issuer;
    token.display_name = "Ada";
    token.email = "ada@example.com";
    token.signed_up_at = at(kNow - 1000);
    token.issued_at = at(kNow);
    token.expires_at = at(kNow + 600);
    return token;
  }
  std::string own_token() { return tokens_.sign(order())->reveal(); }

  // The foreign issuer's claims, with members added; `drop` leaves one of the usual ones out.
  static std::string claims(const std::string& extra = "", const std::string& drop = "") {
    std::string out = "{";
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"iss", "\"https://issuer.example\""},
                                                          {"aud", "\"app-1\""},
                                                          {"sub", "\"abc\""},
                                                          {"exp", std::to_string(kNow + 600)},
                                                          {"iat", std::to_string(kNow)}}) {
      if (name != drop) out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    return out + extra + "}";
  }
  static std::string foreign(const std::string& payload) {
    return issuer().es256(issuer().ec_header(), payload);
  }

  Result<app::TokenClaims> verify(const std::string& token, std::int64_t now = kNow) {
    return tokens_.verify(trust_, token, at(now));
  }
  ErrorCode refusal(const std::string& token, std::int64_t now = kNow) {
    const auto result = verify(token, now);
    EXPECT_FALSE(result) << token;
    return result ? ErrorCode::kInternalError : result.error().code;
  }
  void expect_unparsable(const std::string& token) {
    EXPECT_EQ(refusal(token), ErrorCode::kUnparsableAccessToken) << token;
  }

  FakeFetch fetch_;
  AccessTokens tokens_{fetch_};
  app::AccessTokens::Trust trust_;
};

TEST_F(AccessTokensTest, OurOwnTokenSaysWhoIsSignedIn) {
  const auto claims = verify(own_token());
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->subject, "u1");
  EXPECT_EQ(claims->session_id, "s1");
  EXPECT_EQ(claims->issuer, "");
  EXPECT_EQ(claims->email, "ada@example.com");
  EXPECT_EQ(claims->display_name, "Ada");
  EXPECT_EQ(claims->expires_at, at(kNow + 600));
  EXPECT_EQ(fetch_.count, 0);
}

// Source: the claims without which the Stack Auth clients take a token for none.
TEST_F(AccessTokensTest, OurOwnTokenHasEveryClaimThatClientsNeed) {
  auto anonymous = order();
  anonymous.display_name = "";
  anonymous.email = std::nullopt;
  const std::string text = tokens_.sign(anonymous)->reveal();
  const std::string payload = text.substr(text.find('.') + 1, text.rfind('.') - text.find('.') - 1);
  EXPECT_EQ(*crypto::from_base64url(payload),
            R"({"sub":"u1","project_id":"p1","branch_id":"main","refresh_token_id":"s1",)"
            R"("role":"authenticated","name":null,"email":null,"email_verified":false,)"
            R"("selected_team_id":null,"signed_up_at":1699999000,"is_anonymous":false,)"
            R"("is_restricted":false,"restricted_reason":null,"requires_totp_mfa":false,)"
            R"("iss":"https://pay.example/api/v1/projects/p1","aud":"p1","iat":1700000000,)"
            R"("exp":1700000600})");
  EXPECT_TRUE(verify(text));
}

TEST_F(AccessTokensTest, OurOwnTokenExpires) {
  const std::string token = own_token();
  EXPECT_TRUE(verify(token, kNow + 599));
  EXPECT_EQ(refusal(token, kNow + 600), ErrorCode::kAccessTokenExpired);
  const Details wanted = {{"expired_at_millis", std::int64_t{(kNow + 600) * 1000}},
                          {"project_id", std::string("p1")},
                          {"user_id", std::string("u1")},
                          {"refresh_token_id", std::string("s1")}};
  EXPECT_EQ(verify(token, kNow + 600).error().details, wanted);
  EXPECT_EQ(refusal(token, kNow - 61), ErrorCode::kUnparsableAccessToken);  // not yet issued
}

TEST_F(AccessTokensTest, AnotherProjectsTokenIsRefused) {
  auto other = order();
  other.project = ProjectId("p2");
  other.issuer = "https://pay.example/api/v1/projects/p2";
  EXPECT_EQ(refusal(tokens_.sign(other)->reveal()), ErrorCode::kInvalidProjectForAccessToken);
  // Signed by our key, with our issuer, but for somebody else.
  other.issuer = trust_.own_issuer;
  EXPECT_EQ(refusal(tokens_.sign(other)->reveal()), ErrorCode::kInvalidProjectForAccessToken);
  other.issuer = "https://pay.example/api/v1/projects/p2/x";
  EXPECT_EQ(refusal(tokens_.sign(other)->reveal()), ErrorCode::kUnparsableAccessToken);
}

TEST_F(AccessTokensTest, OurIssuerTakesOurKeysAlone) {
  // A foreign issuer that claims to be us, with its own keys and with ours as kid.
  const std::string payload =
      R"({"iss":"https://pay.example/api/v1/projects/p1","aud":"p1","project_id":"p1","sub":"u1",)"
      R"("refresh_token_id":"s1","exp":1700000600})";
  expect_unparsable(issuer().es256(
      R"({"alg":"ES256","typ":"at+jwt","kid":")" + issuer().ec().kid + "\"}", payload));
  expect_unparsable(
      issuer().es256(R"({"alg":"ES256","typ":"at+jwt","kid":")" + own_key().kid + "\"}", payload));
  expect_unparsable(issuer().es256(R"({"alg":"ES256","typ":"at+jwt"})", payload));
  expect_unparsable(issuer().rs256(R"({"alg":"RS256","typ":"at+jwt","kid":"rsa"})", payload));
  EXPECT_EQ(fetch_.count, 0);
}

TEST_F(AccessTokensTest, AForeignTokenIsAccepted) {
  const auto result =
      verify(foreign(claims(R"(,"email":"a@b.c","name":"A","email_verified":true)")));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->subject, "abc");
  EXPECT_EQ(result->session_id, "");
  EXPECT_EQ(result->issuer, "https://issuer.example");
  EXPECT_EQ(result->email, "a@b.c");
  EXPECT_EQ(result->display_name, "A");
}

TEST_F(AccessTokensTest, Rs256AndAudienceListsAreAccepted) {
  EXPECT_TRUE(verify(issuer().rs256(R"({"alg":"RS256","kid":"rsa"})",
                                    claims(R"(,"aud":["other","app-1"])", "aud"))));
  EXPECT_TRUE(verify(issuer().rs256(R"({"alg":"RS256","typ":"application/at+jwt"})", claims())));
  EXPECT_TRUE(verify(foreign(claims(R"(,"exp":1700000600.75)", "exp"))));
}

TEST_F(AccessTokensTest, AnUnverifiedMailAddressIsNotTaken) {
  EXPECT_EQ(verify(foreign(claims(R"(,"email":"a@b.c","email_verified":false)")))->email,
            std::nullopt);
}

TEST_F(AccessTokensTest, AlgorithmConfusionIsRefused) {
  const std::string kid = issuer().ec().kid;
  for (const char* name : {"none", "None", "NONE", "", "nOnE"}) {
    const std::string header = std::string(R"({"alg":")") + name + R"(","kid":")" + kid + "\"}";
    expect_unparsable(TestIssuer::signing_text(header, claims()) + ".");
    expect_unparsable(issuer().es256(header, claims()));
  }
  // The public key as an HMAC secret.
  for (const std::string& secret :
       {issuer().ec().public_jwk, issuer().rsa_jwk("rsa"), issuer().jwks(), std::string()}) {
    expect_unparsable(
        TestIssuer::hs256(secret, R"({"alg":"HS256","kid":")" + kid + "\"}", claims()));
    expect_unparsable(TestIssuer::hs256(secret, R"({"alg":"RS256","kid":"rsa"})", claims()));
  }
  // One key's signature under the other key's name.
  expect_unparsable(issuer().es256(R"({"alg":"RS256","kid":"rsa"})", claims()));
  expect_unparsable(issuer().rs256(R"({"alg":"ES256","kid":")" + kid + "\"}", claims()));
  expect_unparsable(issuer().rs256(R"({"alg":"RS256","kid":")" + kid + "\"}", claims()));
  expect_unparsable(issuer().es256(R"({"kid":")" + kid + "\"}", claims()));
  expect_unparsable(issuer().es256(R"({"alg":["ES256"],"kid":")" + kid + "\"}", claims()));
}

TEST_F(AccessTokensTest, HeadersThatBringOrDemandSomethingAreRefused) {
  const std::string start = R"({"alg":"ES256","kid":")" + issuer().ec().kid + "\"";
  EXPECT_TRUE(verify(issuer().es256(start + R"(,"x5t":"abc"})", claims())));
  for (const std::string& member :
       {R"("jwk":)" + issuer().ec().public_jwk, std::string(R"("jku":"https://evil.example/jwks")"),
        std::string(R"("x5u":"https://evil.example/c")"), std::string(R"("x5c":[])"),
        std::string(R"("crit":["exp"])"), std::string(R"("crit":[])"),
        std::string(R"("b64":false)"), std::string(R"("enc":"A256GCM")"),
        std::string(R"("zip":"DEF")"), std::string(R"("cty":"JWT")"),
        std::string(R"("typ":"secevent+jwt")"), std::string(R"("typ":7)"),
        std::string(R"("typ":"")"),
        std::string(R"("alg":"none")")}) {  // a second alg: which one counts?
    expect_unparsable(issuer().es256(start + "," + member + "}", claims()));
  }
  EXPECT_EQ(fetch_.count, 1);
}

TEST_F(AccessTokensTest, AKidIsOnlyComparedNeverUsed) {
  for (const std::string& kid :
       {std::string("../../etc/passwd"), std::string("' OR 1=1 --"), std::string("https://evil/"),
        std::string("rsa\\u0000"), std::string(257, 'k'), std::string()}) {
    expect_unparsable(issuer().es256(R"({"alg":"ES256","kid":")" + kid + "\"}", claims()));
  }
  expect_unparsable(issuer().es256(R"({"alg":"ES256","kid":7})", claims()));
  expect_unparsable(issuer().es256(R"({"alg":"ES256","kid":null})", claims()));
}

TEST_F(AccessTokensTest, WrongClaimsAreRefused) {
  for (const std::string& payload : {claims("", "iss"),
                                     claims(R"(,"iss":"https://evil.example")", "iss"),
                                     claims(R"(,"iss":"https://issuer.example/")", "iss"),
                                     claims(R"(,"iss":7)", "iss"),
                                     claims("", "aud"),
                                     claims(R"(,"aud":"app-2")", "aud"),
                                     claims(R"(,"aud":[])", "aud"),
                                     claims(R"(,"aud":["app-2",{"x":"app-1"}])", "aud"),
                                     claims("", "sub"),
                                     claims(R"(,"sub":"")", "sub"),
                                     claims(R"(,"sub":7)", "sub"),
                                     claims(R"(,"sub":")" + std::string(256, 's') + "\"", "sub"),
                                     claims("", "exp"),
                                     claims(R"(,"exp":"1700000600")", "exp"),
                                     claims(R"(,"exp":1e400)", "exp"),
                                     claims(R"(,"exp":-1)", "exp"),
                                     claims(R"(,"exp":99999999999999999999)", "exp"),
                                     claims(R"(,"exp":9223372036854775807)", "exp"),
                                     claims(R"(,"nbf":1700000061)"),
                                     claims(R"(,"nbf":"now")"),
                                     claims(R"(,"iat":1700000061)", "iat"),
                                     claims(R"(,"typ":"ID")"),
                                     claims(R"(,"typ":"Refresh")"),
                                     claims(R"(,"aud":"app-1")"),
                                     std::string("[]"),
                                     std::string("7"),
                                     std::string("")}) {
    expect_unparsable(foreign(payload));
  }
  EXPECT_TRUE(verify(foreign(claims(R"(,"nbf":1700000060)"))));
  EXPECT_EQ(refusal(foreign(claims(R"(,"exp":1700000000)", "exp"))),
            ErrorCode::kAccessTokenExpired);
}

TEST_F(AccessTokensTest, AForeignTokenIsNeverOneOfASession) {
  EXPECT_EQ(verify(foreign(claims(R"(,"refresh_token_id":"s1","project_id":"p1")")))->session_id,
            "");
}

TEST_F(AccessTokensTest, AnEmptyAudienceOrIssuerInTheSettingsMatchesNothing) {
  trust_.foreign[0].audience = "";
  expect_unparsable(foreign(claims(R"(,"aud":"")", "aud")));
  trust_.foreign[0] = {"", "app-1", kJwksUrl};
  trust_.own_issuer = "";
  expect_unparsable(foreign(claims(R"(,"iss":"")", "iss")));
}

TEST_F(AccessTokensTest, TheSameIssuerMayHaveSeveralAudiences) {
  trust_.foreign.insert(trust_.foreign.begin(), {"https://issuer.example", "app-0", kJwksUrl});
  EXPECT_TRUE(verify(foreign(claims())));
  EXPECT_TRUE(verify(foreign(claims(R"(,"aud":"app-0")", "aud"))));
}

TEST_F(AccessTokensTest, OneIssuersKeyDoesNotSignForAnother) {
  const TestIssuer other;
  trust_.foreign.push_back({"https://other.example", "app-1", "https://other.example/jwks"});
  fetch_.documents["https://other.example/jwks"] = other.jwks();
  expect_unparsable(other.es256(other.ec_header(), claims()));
  EXPECT_TRUE(
      verify(other.es256(other.ec_header(), claims(R"(,"iss":"https://other.example")", "iss"))));
}

TEST_F(AccessTokensTest, TextThatIsNoTokenIsRefused) {
  const std::string good = foreign(claims());
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), good + ".",
        good + "=", "." + good, good.substr(0, good.rfind('.')), " " + good, good + "\n",
        good.substr(0, good.rfind('.') + 1), std::string(9000, 'a'), std::string(9000, '.'),
        std::string("e30.e30.e30")}) {
    expect_unparsable(text);
  }
}

TEST_F(AccessTokensTest, NoChangedTokenIsAccepted) {
  const std::string good = foreign(claims());
  const std::string own = own_token();
  EXPECT_TRUE(rc::check([&] {
    std::string changed = *rc::gen::element(good, own);
    const auto place = *rc::gen::inRange<std::size_t>(0, changed.size());
    changed[place] = static_cast<char>(changed[place] ^ *rc::gen::inRange(1, 256));
    RC_ASSERT(!verify(changed));
  }));
}

TEST_F(AccessTokensTest, AVerifiedTokenIsRememberedUntilItExpires) {
  const std::string token = foreign(claims());
  EXPECT_FALSE(tokens_.cached(trust_.project, token, at(kNow)));
  ASSERT_TRUE(verify(token));
  const auto cached = tokens_.cached(trust_.project, token, at(kNow + 599));
  ASSERT_TRUE(cached);
  EXPECT_EQ(cached->subject, "abc");
  EXPECT_FALSE(tokens_.cached(ProjectId("p2"), token, at(kNow)));
  EXPECT_FALSE(tokens_.cached(trust_.project, token + "x", at(kNow)));
  EXPECT_FALSE(tokens_.cached(trust_.project, token, at(kNow + 600)));
}

TEST_F(AccessTokensTest, ALongLivedTokenIsLookedAtAgainAfterAnHour) {
  const std::string token = foreign(claims(R"(,"exp":1800000000)", "exp"));
  ASSERT_TRUE(verify(token));
  EXPECT_TRUE(tokens_.cached(trust_.project, token, at(kNow + 3599)));
  EXPECT_FALSE(tokens_.cached(trust_.project, token, at(kNow + 3600)));
}

TEST_F(AccessTokensTest, AWithdrawnKeyStopsCountingWithinAnHour) {
  const std::string token = foreign(claims(R"(,"exp":1800000000)", "exp"));
  ASSERT_TRUE(verify(token));
  fetch_.documents[kJwksUrl] = R"({"keys":[)" + issuer().rsa_jwk("rsa") + "]}";
  EXPECT_TRUE(verify(token, kNow + 3599));
  EXPECT_EQ(refusal(token, kNow + 3601), ErrorCode::kUnparsableAccessToken);
}

TEST_F(AccessTokensTest, WhatWasForgottenIsVerifiedAgain) {
  const std::string token = own_token();
  ASSERT_TRUE(verify(token));
  tokens_.forget(ProjectId("p2"));
  EXPECT_TRUE(tokens_.cached(trust_.project, token, at(kNow)));
  tokens_.forget(trust_.project);
  EXPECT_FALSE(tokens_.cached(trust_.project, token, at(kNow)));
  trust_.own_public_jwks.clear();
  expect_unparsable(token);
}

TEST_F(AccessTokensTest, AKeyThatIsNoneSignsNothing) {
  auto broken = order();
  broken.private_pem = Secret("no key");
  EXPECT_EQ(tokens_.sign(broken).error().code, ErrorCode::kInternalError);
}

TEST_F(AccessTokensTest, ATokenForSomebodyElseCausesNoFetch) {
  expect_unparsable(foreign(claims(R"(,"aud":"app-2")", "aud")));
  expect_unparsable(foreign(claims(R"(,"iss":"https://evil.example")", "iss")));
  EXPECT_EQ(fetch_.count, 0);
}

}  // namespace
}  // namespace purser::jwks
