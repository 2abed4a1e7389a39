// The bytes of a connection. Whether they arrive at once or in pieces must make no difference to
// which requests are read: a difference is how requests are smuggled. The first byte of the input
// decides the size of the pieces.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzz.hpp"
#include "net/request_parser.hpp"

namespace {

using purser::net::Request;
using purser::net::RequestParser;

constexpr std::size_t kMaxHeaderBytes = 1024;
constexpr std::size_t kMaxBodyBytes = 2048;

struct Outcome {
  std::vector<Request> requests;
  bool refused = false;
};

void check_request(const Request& request) {
  FUZZ_REQUIRE(!request.method.empty());
  FUZZ_REQUIRE(!request.target.empty());
  FUZZ_REQUIRE(request.target[0] == '/' || request.target == "*");
  FUZZ_REQUIRE(request.body.size() <= kMaxBodyBytes);
  std::size_t lengths = 0;
  for (const auto& header : request.headers) {
    FUZZ_REQUIRE(header.value.find_first_of("\r\n") == std::string::npos);
    FUZZ_REQUIRE(header.name.find_first_of(" \t\r\n:") == std::string::npos);
    lengths += Request{{}, {}, {header}, {}, {}}.header("content-length").empty() ? 0 : 1;
  }
  FUZZ_REQUIRE(lengths <= 1);
  FUZZ_REQUIRE(lengths == 0 || request.header("transfer-encoding").empty());
}

// Offers the parser what has arrived so far, until it wants more.
void parse_arrived(std::string& arrived, std::optional<RequestParser>& parser, Outcome& outcome) {
  while (!arrived.empty() && !outcome.refused) {
    if (!parser) parser.emplace(kMaxHeaderBytes, kMaxBodyBytes);
    const auto step = parser->put(arrived);
    FUZZ_REQUIRE(step.consumed <= arrived.size());
    arrived.erase(0, step.consumed);
    if (step.outcome == RequestParser::Outcome::kNeedMore) return;
    outcome.refused = step.outcome == RequestParser::Outcome::kRefused;
    if (outcome.refused) {
      FUZZ_REQUIRE(step.status == 400 || step.status == 413 || step.status == 417 ||
                   step.status == 431);
      return;
    }
    outcome.requests.push_back(parser->take());
    check_request(outcome.requests.back());
    parser.reset();
  }
}

Outcome read(std::string_view bytes, std::size_t piece) {
  Outcome outcome;
  std::optional<RequestParser> parser;
  std::string arrived;
  while (!bytes.empty() && !outcome.refused) {
    arrived += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    parse_arrived(arrived, parser, outcome);
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 8192) return 0;
  const std::string_view bytes = purser::fuzz::text_of(data + 1, size - 1);
  const Outcome whole = read(bytes, bytes.size());
  const Outcome pieces = read(bytes, data[0] % 64 + 1);
  // What no continuation can mend is refused by one and waited for by the other when Beast sees
  // more or less of a chunk's extension at once. Neither may take it for a request.
  FUZZ_REQUIRE(whole.requests.size() == pieces.requests.size());
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    const Request& a = whole.requests[i];
    const Request& b = pieces.requests[i];
    FUZZ_REQUIRE(a.method == b.method && a.target == b.target && a.body == b.body);
    FUZZ_REQUIRE(a.headers.size() == b.headers.size());
  }
  return 0;
}
