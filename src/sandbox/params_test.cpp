#include "sandbox/params.hpp"

#include <gtest/gtest.h>

#include "net/server.hpp"
#include "sandbox/document.hpp"

namespace purser::sandbox {
namespace {

Params params(const std::string& form) {
  auto parsed = Params::parse(*net::parse_form(form));
  EXPECT_TRUE(std::holds_alternative<Params>(parsed)) << form;
  return std::get<Params>(std::move(parsed));
}

std::string refusal(Params& p) {
  const auto failure = p.finish();
  return failure ? failure->message : "(none)";
}

TEST(Params, ReadsNestedGroupsAndLists) {
  Params p = params("a=1&g[x]=y&g[h][z]=2&l[0][n]=p&l[1][n]=q&t[]=u&t[]=v");
  EXPECT_EQ(p.integer("a"), 1);
  auto group = p.group("g");
  EXPECT_EQ(group->text("x"), "y");
  EXPECT_EQ(group->group("h")->integer("z"), 2);
  auto list = p.group_list("l");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].text("n"), "p");
  EXPECT_EQ(list[1].text("n"), "q");
  EXPECT_EQ(list[1].full_name("n"), "l[1][n]");
  EXPECT_EQ(p.text_list("t"), (std::vector<std::string>{"u", "v"}));
  EXPECT_EQ(refusal(p), "(none)");
}

TEST(Params, RefusesWhatNobodyRead) {
  Params p = params("a=1&g[x]=y&g[z]=1");
  p.text("a");
  p.group("g")->text("x");
  EXPECT_EQ(refusal(p), "Received unknown parameter: g[z]");
}

TEST(Params, NotesTheFirstComplaint) {
  Params p = params("n=1.5&b=maybe&e=&o=z&u=ftp%3A%2F%2Fx");
  EXPECT_EQ(p.integer("n"), std::nullopt);
  p.boolean("b");
  EXPECT_EQ(refusal(p), "Invalid integer: 1.5");
  Params second = params("o=z");
  second.one_of("o", {"a", "b"});
  EXPECT_EQ(refusal(second), "Invalid o: must be one of a, b");
  Params third = params("e=");
  third.text("e");
  EXPECT_EQ(third.finish()->code, "parameter_invalid_empty");
  Params fourth = params("u=ftp%3A%2F%2Fx");
  fourth.url("u");
  EXPECT_EQ(fourth.finish()->code, "url_invalid");
  Params fifth = params("");
  fifth.required_text("name");
  EXPECT_EQ(fifth.finish()->code, "parameter_missing");
}

TEST(Params, RefusesMalformedNamesAndText) {
  for (const char* form : {"a[=1", "a]=1", "[a]=1", "a[b=1", "a[b]c=1", "a[[b]]=1", "a=%ff",
                           "a=%00", "a[b][c][d][e][f][g][h][i]=1", "a[b]=1&a=2"}) {
    EXPECT_TRUE(std::holds_alternative<Failure>(Params::parse(*net::parse_form(form)))) << form;
  }
}

TEST(Params, AppliesMetadataByStripesRules) {
  json::Value metadata = object({{"keep", "1"}, {"gone", "2"}});
  Params p = params("metadata[new]=3&metadata[gone]=");
  p.apply_metadata(metadata);
  EXPECT_EQ(json::dump(metadata), R"({"keep":"1","new":"3"})");
  EXPECT_EQ(refusal(p), "(none)");
  Params cleared = params("metadata=");
  cleared.apply_metadata(metadata);
  EXPECT_EQ(json::dump(metadata), "{}");

  Params long_key = params("metadata[" + std::string(41, 'k') + "]=1");
  long_key.apply_metadata(metadata);
  EXPECT_NE(refusal(long_key), "(none)");
  Params long_value = params("metadata[k]=" + std::string(501, 'v'));
  long_value.apply_metadata(metadata);
  EXPECT_NE(refusal(long_value), "(none)");
  std::string many;
  for (int i = 0; i < 51; ++i) many += "metadata[k" + std::to_string(i) + "]=1&";
  Params too_many = params(many);
  too_many.apply_metadata(metadata);
  EXPECT_NE(refusal(too_many), "(none)");
}

}  // namespace
}  // namespace purser::sandbox
