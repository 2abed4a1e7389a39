#include "crypto/password.hpp"

#include <gtest/gtest.h>

#include <string>

namespace purser::crypto {
namespace {

TEST(Password, IsKnownByItsHashAlone) {
  const Secret password("correct horse battery staple");
  const std::string hash = hash_password(password);
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_EQ(hash.find("horse"), std::string::npos);
  EXPECT_TRUE(is_password(password, hash));
  EXPECT_FALSE(is_password(Secret("Correct horse battery staple"), hash));
  EXPECT_FALSE(is_password(Secret(""), hash));
}

TEST(Password, HasASaltOfItsOwn) {
  EXPECT_NE(hash_password(Secret("same")), hash_password(Secret("same")));
}

// From the reference implementation: `printf password | argon2 somesalt -id -t 2 -m 16 -p 1`,
// so that hashes made by others are known too, with other costs than ours.
TEST(Password, VerifiesWhatOtherArgon2Made) {
  const std::string hash =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  EXPECT_TRUE(is_password(Secret("password"), hash));
  EXPECT_FALSE(is_password(Secret("passwort"), hash));
}

TEST(Password, OfNobodyIsNeverRight) {
  EXPECT_FALSE(is_password(Secret(""), ""));
  EXPECT_FALSE(is_password(Secret("x"), ""));
  EXPECT_FALSE(is_password(Secret("x"), "$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_FALSE(is_password(Secret("x"), "plain"));
}

TEST(Password, MayHoldAnyBytes) {
  const Secret password(std::string("a\0b\xff", 4));
  const std::string hash = hash_password(password);
  EXPECT_TRUE(is_password(password, hash));
  EXPECT_FALSE(is_password(Secret("a"), hash));
}

}  // namespace
}  // namespace purser::crypto
