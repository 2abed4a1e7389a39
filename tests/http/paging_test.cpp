#include <gtest/gtest.h>

#include <algorithm>

#include "net/server.hpp"
#include "tests/http/api_world.hpp"

namespace purser::http_test {
namespace {

struct PageOf {
  std::vector<std::string> ids;
  std::string next;  ///< empty: the last page
};

PageOf page(const Answer& answer, const std::string& id = "id") {
  PageOf page;
  const json::Value document = answer.json();
  const json::Value* items = document.find("items");
  if (items == nullptr) {
    ADD_FAILURE() << answer.body;
    return page;
  }
  EXPECT_EQ(document.bool_at("is_paginated"), true);
  for (const json::Value& item : *items->as_array()) {
    page.ids.push_back(item.string_at(id).value_or(""));
  }
  page.next = document.find("pagination")->string_at("next_cursor").value_or("");
  return page;
}

class PagingTest : public testing::Test {
 protected:
  void add_users(int count) {
    for (int i = 0; i < count; ++i) api_.world.add_user("user" + std::to_string(1000 + i));
  }
  PageOf users(const std::string& query = "") { return page(api_.server("GET", "/users" + query)); }
  ApiWorld api_;  // with alice, bob and carol
};

TEST_F(PagingTest, WalksWithoutGapsOrRepetitions) {
  add_users(22);
  std::vector<std::string> all;
  std::string cursor;
  int pages = 0;
  do {
    const PageOf one = users("?limit=5" + (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_LE(one.ids.size(), 5U);
    all.insert(all.end(), one.ids.begin(), one.ids.end());
    cursor = one.next;
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(all.size(), 25U);
  EXPECT_EQ(pages, 5);  // a full last page has no cursor
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST_F(PagingTest, TheRowUnderTheCursorMayGo) {
  const PageOf first = users("?limit=2");
  EXPECT_EQ(first.ids, (std::vector<std::string>{"alice", "bob"}));
  api_.world.delete_user("bob");
  EXPECT_EQ(users("?limit=2&cursor=" + first.next).ids, std::vector<std::string>{"carol"});
}

TEST_F(PagingTest, LimitsAreCapped) {
  add_users(150);
  EXPECT_EQ(users("?limit=1000").ids.size(), 100U);
  EXPECT_EQ(users("?limit=99999999999999999999").ids.size(), 100U);
  EXPECT_EQ(users().ids.size(), 50U);
  EXPECT_EQ(api_.server("GET", "/users?limit=0").code(), "SCHEMA_ERROR");
}

TEST_F(PagingTest, ForgedAndForeignCursorsAreRefused) {
  const PageOf first = users("?limit=1");
  ASSERT_FALSE(first.next.empty());
  std::string forged = first.next;
  forged[3] = forged[3] == 'A' ? 'B' : 'A';
  for (const std::string& cursor : {forged, std::string("alice"), std::string("AAAA")}) {
    const Answer answer = api_.server("GET", "/users?cursor=" + cursor);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.code(), "INVALID_CURSOR");
  }
  // Of another list, another project, another customer.
  EXPECT_EQ(api_.server("GET", "/teams?cursor=" + first.next).code(), "INVALID_CURSOR");
  const Headers other = {{"authorization", "Bearer " + api_.other_keys.secret_server_key.reveal()}};
  EXPECT_EQ(api_.send("GET", "/users?cursor=" + first.next, other).code(), "INVALID_CURSOR");
  const PageOf items = page(api_.server("GET", "/customers/user/alice/items?limit=1"));
  ASSERT_FALSE(items.next.empty());
  EXPECT_EQ(api_.server("GET", "/customers/user/bob/items?cursor=" + items.next).code(),
            "INVALID_CURSOR");
}

TEST_F(PagingTest, TheLedgerIsNewestFirst) {
  for (int i = 1; i <= 7; ++i) {
    api_.server("POST", "/customers/user/alice/items/credits/quantity",
                R"({"change":)" + std::to_string(i) + "}");
  }
  std::vector<std::int64_t> changes;
  std::string cursor;
  do {
    const Answer answer = api_.server("GET", "/customers/user/alice/items/credits/ledger?limit=3" +
                                                 (cursor.empty() ? "" : "&cursor=" + cursor));
    const json::Value document = answer.json();
    for (const json::Value& line : *document.find("items")->as_array()) {
      changes.push_back(*line.int_at("change"));
    }
    cursor = document.find("pagination")->string_at("next_cursor").value_or("");
  } while (!cursor.empty());
  EXPECT_EQ(changes, (std::vector<std::int64_t>{7, 6, 5, 4, 3, 2, 1}));
}

TEST_F(PagingTest, ItemsListEveryItemOfTheCustomersType) {
  const PageOf first = page(api_.server("GET", "/customers/user/alice/items?limit=1"));
  EXPECT_EQ(first.ids, std::vector<std::string>{"credits"});
  const PageOf rest =
      page(api_.server("GET", "/customers/user/alice/items?limit=2&cursor=" + first.next));
  EXPECT_EQ(rest.ids, (std::vector<std::string>{"days", "storage"}));
  EXPECT_EQ(rest.next, "");
}

TEST_F(PagingTest, MembershipsByTeamAndByUser) {
  EXPECT_EQ(page(api_.server("GET", "/team-memberships?team_id=crew"), "user_id").ids,
            (std::vector<std::string>{"alice", "bob"}));
  EXPECT_EQ(page(api_.server("GET", "/team-memberships?user_id=bob"), "team_id").ids,
            std::vector<std::string>{"crew"});
  const PageOf first =
      page(api_.server("GET", "/team-memberships?team_id=crew&limit=1"), "user_id");
  EXPECT_EQ(page(api_.server("GET", "/team-memberships?team_id=crew&limit=1&cursor=" + first.next),
                 "user_id")
                .ids,
            std::vector<std::string>{"bob"});
  EXPECT_EQ(api_.server("GET", "/team-memberships?user_id=alice&cursor=" + first.next).code(),
            "INVALID_CURSOR");
  EXPECT_EQ(api_.server("GET", "/team-memberships").code(), "SCHEMA_ERROR");
  EXPECT_EQ(api_.server("GET", "/team-memberships?user_id=a&team_id=b").code(), "SCHEMA_ERROR");
}

TEST_F(PagingTest, ProductsFoldAndPage) {
  for (const char* body :
       {R"({"product_id":"pack","quantity":2})", R"({"product_id":"pack"})",
        R"({"product_id":"license"})", R"({"product_id":"gift"})",
        R"({"product":{"display_name":"A","prices":[{"amount":5,"currency":"usd"}]}})",
        R"({"product":{"display_name":"B","prices":[]}})"}) {
    const Answer granted = api_.server("POST", "/customers/user/alice/products", body);
    EXPECT_EQ(granted.status, 200) << granted.body;
  }
  std::vector<std::string> rows;
  std::string cursor;
  do {
    const Answer answer = api_.server("GET", "/customers/user/alice/products?limit=2" +
                                                 (cursor.empty() ? "" : "&cursor=" + cursor));
    const json::Value document = answer.json();
    for (const json::Value& row : *document.find("items")->as_array()) {
      rows.push_back(row.string_at("id").value_or("null") + ":" +
                     std::to_string(*row.int_at("quantity")));
    }
    cursor = document.find("pagination")->string_at("next_cursor").value_or("");
  } while (!cursor.empty());
  EXPECT_EQ(rows, (std::vector<std::string>{"gift:1", "license:1", "pack:3", "null:1", "null:1"}));
}

}  // namespace
}  // namespace purser::http_test
