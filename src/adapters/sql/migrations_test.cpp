#include "adapters/sql/migrations.hpp"

#include <gtest/gtest.h>

#include <string>

#include "crypto/crypto.hpp"

namespace purser::sql {
namespace {

/// A step as databases have run it.
struct Pinned {
  std::string_view slug;
  std::string_view sqlite;    // SHA-256 of sqlite.sql
  std::string_view postgres;  // and of postgres.sql
};

constexpr Pinned kPinned[] = {
    {"initial", "cef40905a715515aef0a2a3adb2fc5d89598f47222607df14b47a59d81569301",
     "8652cc1f76ce48941186180d4973a4e833027022207e6e1eeedd14829015bb75"},
    {"subscriptions", "c501fbe884f2cea350497f4a96d3fbd13923f3ac15ccb076682c5a5becb509f0",
     "1c06964566fa64c489d818e1eb2c81a219c621615fe460b1fb26ad85737c9512"},
    {"profiles", "bd44939cb9a9fbd3e9814016fe72624987821c2963b73d48d8a98ded245fc2f9",
     "6ddfd229ea2844a69e6a5121dc0a4c94a685ac95bd688d924773ad1b7e40e77c"},
    {"moves", "absent", "39ae87318dc87c7b4e8782e6410eda7878e1a75beb0d77c131e968c7f3211e7f"},
    {"fuller_pages", "absent", "80b384e6503b3431b5f95a0e3532fcd8b876f0c77c1b637f4cc0a2a300e4175b"},
    {"ledger_archives", "absent",
     "af4011d2daca0692b8063184a4a7dd2a1cc6659a25a6273f44bb1d15ac9a8399"},
    {"outgoing_webhooks", "c4c372b2f563e44dfaff42fe0ecca1e81cb4ef532f8e05bfa255a2f1b80ceb4c",
     "607ad8b9606392c0dec5d60c92570afa544453dc0a0450ac979faa1cae311dae"},
    {"names_index", "absent", "1dc44425a4863696f865bbc30e710301c50cd4bd4eb7ef0408cdf1b45ae48e89"},
};

std::string sum_of(std::string_view engine, std::string_view slug) {
  for (const Migration& migration : embedded_migrations(engine)) {
    if (migration.slug == slug) return crypto::to_hex(crypto::sha256(migration.sql));
  }
  return "absent";
}

// A changed byte would keep every database from being opened that ran it.
TEST(Migrations, StayAsTheyWere) {
  for (const Pinned& pinned : kPinned) {
    EXPECT_EQ(sum_of("sqlite", pinned.slug), pinned.sqlite) << pinned.slug;
    EXPECT_EQ(sum_of("postgres", pinned.slug), pinned.postgres) << pinned.slug;
  }
}

}  // namespace
}  // namespace purser::sql
