#include "types/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace purser {
namespace {

TEST(ErrorTable, EveryRowStandsAtItsCode) {
  for (std::size_t i = 0; i < std::size(kErrorTable); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kErrorTable[i].code), i);
    EXPECT_EQ(&error_row(kErrorTable[i].code), &kErrorTable[i]);
  }
}

TEST(ErrorTable, NamesAreUniqueAndParseBack) {
  std::set<std::string_view> names;
  for (const ErrorRow& row : kErrorTable) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(parse_error_code(row.name), row.code);
    EXPECT_EQ(row.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), std::string_view::npos);
  }
  EXPECT_FALSE(parse_error_code("item_not_found"));
  EXPECT_FALSE(parse_error_code(""));
}

TEST(ErrorTable, RowsAreFitForAReference) {
  for (const ErrorRow& row : kErrorTable) {
    EXPECT_GE(row.http_status, 400) << row.name;
    EXPECT_LE(row.http_status, 599) << row.name;
    EXPECT_EQ(row.meaning.back(), '.') << row.name;
  }
}

TEST(Error, InternalShowsNothingToTheCaller) {
  const Error error = Error::internal("row 7 is corrupt");
  EXPECT_EQ(error.code, ErrorCode::kInternalError);
  EXPECT_EQ(error.message.find("row 7"), std::string::npos);
  EXPECT_TRUE(error.details.empty());
  EXPECT_EQ(error.log.for_log(), "row 7 is corrupt");
}

}  // namespace
}  // namespace purser
