// Bodies, queries and paths as they come from outside, against every route of the table. The first
// line of the input is the path with its query, the rest is the body.

#include <string>
#include <string_view>

#include "fuzz/fuzz.hpp"
#include "http/card_guard.hpp"
#include "http/cursor.hpp"
#include "http/decode.hpp"
#include "http/error_reply.hpp"
#include "http/inline_product.hpp"
#include "http/router.hpp"

namespace {

using purser::Error;
using purser::http::Route;

// An error that leaves the decoder must be one that the route promises, with a body that is JSON.
void check_error(const Route& route, const Error& error) {
  bool promised = false;
  for (const purser::ErrorCode code : purser::http::all_errors(route)) {
    promised = promised || code == error.code;
  }
  const bool is_body_error = error.code == purser::ErrorCode::kSchemaError ||
                             error.code == purser::ErrorCode::kBodyParsingError ||
                             error.code == purser::ErrorCode::kCardDataRefused;
  FUZZ_REQUIRE(promised || is_body_error);
  const std::string body = purser::http::encode_error(error, "r");
  FUZZ_REQUIRE(purser::json::parse(body).has_value());
  FUZZ_REQUIRE(purser::http::known_code(body) == purser::error_row(error.code).name);
}

void decode_inline(const purser::json::Value& body) {
  const purser::json::Value* product = body.find("product");
  if (product == nullptr || product->as_object() == nullptr) return;
  const auto decoded = purser::http::decode_inline_product(*product, purser::CustomerType::kUser);
  if (!decoded) FUZZ_REQUIRE(decoded.error().code == purser::ErrorCode::kSchemaError);
}

void decode_route(const Route& route, std::string_view query, std::string_view body) {
  const auto decoded = purser::http::decode_body(route, body);
  if (!decoded) {
    check_error(route, decoded.error());
  } else if (route.request != nullptr) {
    // What passes has the shape: every required field is there.
    FUZZ_REQUIRE(!purser::http::carries_card_number(*decoded));
    for (const purser::http::Field& field : route.request->fields) {
      FUZZ_REQUIRE(!field.required || decoded->find(field.name) != nullptr);
    }
    decode_inline(*decoded);
  }
  const auto parameters = purser::http::decode_query(route, query);
  if (!parameters) check_error(route, parameters.error());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const purser::http::Router router(purser::http::routes());
  static const purser::http::Cursors cursors(purser::Secret(std::string(32, 'k')));
  const std::string_view input = purser::fuzz::text_of(data, size);
  const std::size_t line = input.find('\n');
  const std::string_view target = input.substr(0, line);
  const std::string_view body =
      line == std::string_view::npos ? std::string_view() : input.substr(line + 1);
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query =
      path.size() == target.size() ? std::string_view() : target.substr(path.size() + 1);

  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    const purser::http::Match match = router.find(method, path);
    if (match.route == nullptr) continue;
    const auto values = purser::http::decode_path(match);
    if (values) {
      FUZZ_REQUIRE(values->size() == match.parameter_count);
      for (const std::string& value : *values) {
        FUZZ_REQUIRE(!value.empty() && value.size() <= 128);
      }
    }
  }
  for (const Route& route : purser::http::routes()) decode_route(route, query, body);
  FUZZ_REQUIRE(!cursors.read("list", target));
  return 0;
}
