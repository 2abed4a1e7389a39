#include "crypto/crypto.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace purser::crypto {
namespace {

std::string repeated(char c, std::size_t count) { return std::string(count, c); }
std::string unhex(std::string_view text) { return from_hex(text).value(); }

// Source: FIPS 180-4 example messages (NIST CSRC, "SHA-256" example values).
TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(repeated('a', 1'000'000))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Source: RFC 4231 sections 4.2 to 4.8.
TEST(HmacSha256, PublishedVectors) {
  EXPECT_EQ(to_hex(hmac_sha256(repeated('\x0b', 20), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(repeated('\xaa', 20), repeated('\xdd', 50))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(to_hex(hmac_sha256(repeated('\xaa', 131),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, AcceptsTheEmptyKey) {
  EXPECT_EQ(to_hex(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// Source: RFC 4648 section 10.
TEST(Base64, PublishedVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
    const std::string bare(
        std::string_view(encoded).substr(0, std::string_view(encoded).find('=')));
    EXPECT_EQ(to_base64url(plain), bare);
    EXPECT_EQ(from_base64url(bare), plain);
  }
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(to_base64("\xfb\xff"), "+/8=");
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text :
       {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm 9v", "Zm9v\n", "Zm+v", "Zm/v", "Zm9vY"}) {
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  }
  for (const char* text :
       {"Zg", "Zg=", "Zg===", "====", "=", "Zh==", "Zm9=", "Zm-v", "Zm_v", "Zg==Zg=="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(Hex, ReadsBothCasesAndRefusesTheRest) {
  EXPECT_EQ(from_hex("00fFAb"), std::string("\x00\xff\xab", 3));
  EXPECT_EQ(from_hex(""), "");
  for (const char* text : {"0", "0g", " 00", "0x00"})
    EXPECT_EQ(from_hex(text), std::nullopt) << text;
}

TEST(Encoding, DecodingInvertsEncoding) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    RC_ASSERT(from_base64(to_base64(bytes)) == bytes);
    RC_ASSERT(from_base64url(to_base64url(bytes)) == bytes);
    RC_ASSERT(from_hex(to_hex(bytes)) == bytes);
  }));
}

TEST(ConstantTimeEqual, ComparesContentAndLength) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("secret", "secret"));
  EXPECT_FALSE(constant_time_equal("secret", "secres"));
  EXPECT_FALSE(constant_time_equal("secret", "secre"));
  EXPECT_FALSE(constant_time_equal("", "s"));
}

TEST(RandomBytes, AreOfTheLengthAndDiffer) {
  EXPECT_EQ(random_bytes(0).size(), 0U);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bytes(16));
  EXPECT_EQ(seen.size(), 100U);
}

class SealTest : public testing::Test {
 protected:
  const Secret key_{repeated('k', 32)};
  const Secret plain_{std::string("sk_live_\0x", 10)};
};

// Source: the GCM specification (McGrew and Viega), test case 13: AES-256, all-zero key and nonce,
// no text.
TEST_F(SealTest, OpensThePublishedGcmVector) {
  const std::string sealed =
      std::string(1, '\x01') + std::string(12, '\0') + unhex("530f8afbc74536b9a963b4f1c4cb738b");
  const auto opened = open(Secret(std::string(32, '\0')), "", sealed);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->reveal(), "");
  // Test case 14: one block of zeros.
  const auto block = open(Secret(std::string(32, '\0')), "",
                          std::string(1, '\x01') + std::string(12, '\0') +
                              unhex("cea7403d4d606b6e074ec5d3baf39d18"
                                    "d0d1c8a799996bf0265b98b5d48ab919"));
  ASSERT_TRUE(block.has_value());
  EXPECT_EQ(block->reveal(), std::string(16, '\0'));
}

TEST_F(SealTest, OpensWhatWasSealed) {
  for (const std::string& text : {std::string(), plain_.reveal(), repeated('x', 5000)}) {
    const auto opened = open(key_, "p1/stripe", seal(key_, "p1/stripe", Secret(text)));
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->reveal(), text);
  }
}

TEST_F(SealTest, SealsDifferentlyEveryTime) {
  EXPECT_NE(seal(key_, "c", plain_), seal(key_, "c", plain_));
}

TEST_F(SealTest, RefusesAnotherKeyOrContext) {
  const std::string sealed = seal(key_, "p1/stripe", plain_);
  EXPECT_FALSE(open(Secret(repeated('j', 32)), "p1/stripe", sealed).has_value());
  EXPECT_FALSE(open(Secret("short"), "p1/stripe", sealed).has_value());
  EXPECT_FALSE(open(key_, "p2/stripe", sealed).has_value());
  EXPECT_FALSE(open(key_, "", sealed).has_value());
}

TEST_F(SealTest, RefusesEveryChangedByteAndEveryCut) {
  const std::string sealed = seal(key_, "c", plain_);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open(key_, "c", changed).has_value()) << i;
    EXPECT_FALSE(open(key_, "c", sealed.substr(0, i)).has_value()) << i;
  }
  EXPECT_FALSE(open(key_, "c", sealed + '\0').has_value());
}

}  // namespace
}  // namespace purser::crypto
