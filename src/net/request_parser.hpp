#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

#include "net/server.hpp"

namespace purser::net {

/// Reads one request from the bytes of a connection. Beast does the grammar; this adds what Beast
/// lets pass: two Content-Lengths (as two lines or as a list), folded header lines, no or two
/// Hosts, transfer codings other than chunked, and a limit on the header section as a whole.
class RequestParser : private boost::beast::http::basic_parser<true> {
 public:
  RequestParser(std::size_t max_header_bytes, std::size_t max_body_bytes);

  enum class Outcome { kNeedMore, kComplete, kRefused };
  struct Step {
    Outcome outcome;
    std::size_t consumed;  ///< bytes of `data` that were taken
    int status = 0;        ///< kRefused: the status to answer
  };
  /// Takes as much of `data` as belongs to this request. What was not consumed must be offered
  /// again, with more behind it.
  Step put(std::string_view data);

  /// The client waits for "100 Continue" before it sends the body. True until continued() is
  /// called.
  bool waits_for_continue() const { return expects_continue_; }
  void continued() { expects_continue_ = false; }

  bool is_http_1_0() const { return version_ == 10; }
  bool wants_keep_alive() const { return keep_alive(); }
  Request take() { return std::move(request_); }

 private:
  using Parser = boost::beast::http::basic_parser<true>;
  using Text = boost::beast::string_view;
  using ErrorCode = boost::beast::error_code;
  using Field = boost::beast::http::field;
  friend class boost::beast::http::basic_parser<true>;

  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                       ErrorCode& ec) override;
  void on_response_impl(int, Text, int, ErrorCode&) override {}
  void on_field_impl(Field field, Text name, Text value, ErrorCode& ec) override;
  void on_header_impl(ErrorCode& ec) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCode&) override;
  std::size_t on_body_impl(Text body, ErrorCode&) override;
  void on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, ErrorCode& ec) override;
  void on_finish_impl(ErrorCode&) override { expects_continue_ = false; }

  void count_header_bytes(std::size_t count, ErrorCode& ec);
  void refuse(int status, ErrorCode& ec);
  void set_target(std::string_view target, ErrorCode& ec);

  Request request_;
  std::string_view input_;  // what put() works on: a value outside of it was folded by Beast
  std::size_t header_bytes_left_;
  std::size_t max_header_bytes_;
  int version_ = 11;
  int refused_with_ = 0;
  bool header_done_ = false;
  bool has_host_ = false;
  bool has_length_ = false;
  bool expects_continue_ = false;
};

}  // namespace purser::net
