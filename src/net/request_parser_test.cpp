#include "net/request_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace purser::net {
namespace {

constexpr std::string_view kChunked =
    "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\n";
constexpr std::string_view kBare =
    "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";

// Feeds the text in pieces, as a connection does: what was not consumed is offered again with what
// came behind it. The sizes of the pieces repeat.
std::optional<std::string> body_of(std::string_view text, std::size_t first, std::size_t others) {
  RequestParser parser(16 * 1024, 1024);
  std::string arrived;
  for (std::size_t piece = first; !text.empty(); piece = others) {
    arrived += text.substr(0, piece);
    text.remove_prefix(std::min(piece, text.size()));
    while (!arrived.empty()) {
      const auto step = parser.put(arrived);
      arrived.erase(0, step.consumed);
      if (step.outcome == RequestParser::Outcome::kRefused) return std::nullopt;
      if (step.outcome == RequestParser::Outcome::kComplete) return parser.take().body;
      if (step.consumed == 0) break;
    }
  }
  return std::nullopt;
}

TEST(RequestParser, AChunkedBodyMayBeCutAnywhere) {
  for (const std::size_t others :
       {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
    for (std::size_t first = 1; first < kChunked.size(); ++first) {
      EXPECT_EQ(body_of(kChunked, first, others), "abc0123456789") << first << " " << others;
    }
    for (std::size_t first = 1; first < kBare.size(); ++first) {
      EXPECT_EQ(body_of(kBare, first, others), "") << first << " " << others;
    }
  }
}

}  // namespace
}  // namespace purser::net
