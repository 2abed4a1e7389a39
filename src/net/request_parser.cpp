#include "net/request_parser.hpp"

#include <boost/beast/http/error.hpp>
#include <functional>

namespace purser::net {
namespace {

namespace http = boost::beast::http;

// The most that can be reserved for a body before any of it has arrived.
constexpr std::uint64_t kMaxReserve = 16 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower[i]) return false;
  }
  return true;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool lies_inside(std::string_view part, std::string_view whole) {
  const std::less_equal<const char*> not_after;  // defined also for pointers into different objects
  return not_after(whole.data(), part.data()) &&
         not_after(part.data() + part.size(), whole.data() + whole.size());
}

int status_of(const boost::beast::error_code& ec) {
  if (ec == http::error::header_limit) return 431;
  if (ec == http::error::body_limit) return 413;
  return 400;
}

}  // namespace

RequestParser::RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : header_bytes_left_(max_header_bytes), max_header_bytes_(max_header_bytes) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(max_header_bytes));
  body_limit(max_body_bytes);
}

RequestParser::Step RequestParser::put(std::string_view data) {
  input_ = data;
  // The shortest end of a chunked body. Beast (1.81) counts on having it in one piece once it has
  // seen the last chunk's size, and asserts so.
  if (header_done_ && chunked() && data.size() < std::string_view("0\r\n\r\n").size()) {
    return {Outcome::kNeedMore, 0};
  }
  ErrorCode ec;
  const std::size_t consumed = Parser::put({data.data(), data.size()}, ec);
  if (refused_with_ != 0) return {Outcome::kRefused, consumed, refused_with_};
  if (ec && ec != http::error::need_more) return {Outcome::kRefused, consumed, status_of(ec)};
  if (is_done()) return {Outcome::kComplete, consumed};
  // Chunk headers and trailers have no limit of Beast's own while they are incomplete.
  if (data.size() - consumed > max_header_bytes_) return {Outcome::kRefused, consumed, 431};
  return {Outcome::kNeedMore, consumed};
}

void RequestParser::on_request_impl(http::verb, Text method, Text target, int version,
                                    ErrorCode& ec) {
  version_ = version;
  for (const char c : method) {
    if ((c < 'A' || c > 'Z') && c != '-') return refuse(400, ec);
  }
  count_header_bytes(method.size() + target.size() + 12, ec);
  request_.method = view(method);
  set_target(view(target), ec);
}

void RequestParser::set_target(std::string_view target, ErrorCode& ec) {
  // RFC 9112 section 3.2.2: the absolute form must be understood; whose host it names is not our
  // affair.
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_lower(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t path = target.find_first_of("/?", scheme.size());
    target = path == std::string_view::npos ? std::string_view() : target.substr(path);
    request_.target = target.empty() || target[0] == '?' ? "/" : "";
    request_.target += target;
    return;
  }
  if (target.empty() || (target[0] != '/' && target != "*")) return refuse(400, ec);
  request_.target = target;
}

void RequestParser::on_field_impl(Field field, Text name, Text value, ErrorCode& ec) {
  count_header_bytes(name.size() + value.size() + 4, ec);
  if (ec || header_done_) return;  // trailers are read over
  if (!value.empty() && !lies_inside(view(value), input_)) return refuse(400, ec);
  if (field == Field::content_length &&
      (std::exchange(has_length_, true) || !is_digits(view(value)))) {
    return refuse(400, ec);
  }
  if (field == Field::host && std::exchange(has_host_, true)) return refuse(400, ec);
  if (field == Field::transfer_encoding &&
      (version_ == 10 || !equals_lower(view(value), "chunked"))) {
    return refuse(400, ec);
  }
  if (field == Field::expect) {
    if (!equals_lower(view(value), "100-continue")) return refuse(417, ec);
    expects_continue_ = version_ == 11;
  }
  if (request_.headers.empty()) request_.headers.reserve(8);
  request_.headers.push_back({std::string(view(name)), std::string(view(value))});
}

void RequestParser::on_header_impl(ErrorCode& ec) {
  header_done_ = true;
  if (version_ == 11 && !has_host_) refuse(400, ec);
}

void RequestParser::on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCode&) {
  if (length) request_.body.reserve(static_cast<std::size_t>(std::min(*length, kMaxReserve)));
}

std::size_t RequestParser::on_body_impl(Text body, ErrorCode&) {
  request_.body += view(body);
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, ErrorCode& ec) {
  return on_body_impl(body, ec);
}

void RequestParser::count_header_bytes(std::size_t count, ErrorCode& ec) {
  if (count > header_bytes_left_) return refuse(431, ec);
  header_bytes_left_ -= count;
}

void RequestParser::refuse(int status, ErrorCode& ec) {
  if (refused_with_ == 0) refused_with_ = status;
  ec = http::error::bad_value;
}

}  // namespace purser::net
