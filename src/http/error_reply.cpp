#include "http/error_reply.hpp"

#include <variant>

#include "json/json.hpp"

namespace purser::http {
namespace {

constexpr std::string_view kCodeMember = R"({"code":")";

struct DetailWriter {
  json::Writer& out;
  void operator()(std::nullptr_t) const { out.null(); }
  void operator()(bool flag) const { out.boolean(flag); }
  void operator()(std::int64_t number) const { out.integer(number); }
  void operator()(const std::string& text) const { out.string(text); }
  void operator()(const std::vector<FieldError>& fields) const {
    out.begin_array();
    for (const FieldError& field : fields) {
      out.begin_object().field("path", field.path).field("message", field.message).end_object();
    }
    out.end_array();
  }
};

}  // namespace

int status_of(const Error& error) { return error_row(error.code).http_status; }

std::string encode_error(const Error& error, std::string_view request_id) {
  const bool is_defect = error.code == ErrorCode::kInternalError;
  json::Writer out;
  out.begin_object().field("code", error_row(error.code).name);
  out.field("error", is_defect ? std::string_view("Something went wrong inside the server. Its log "
                                                  "has more under the request id.")
                               : std::string_view(error.message));
  out.key("details").begin_object();
  if (is_defect) {
    out.field("request_id", request_id);
  } else {
    for (const auto& [name, value] : error.details) {
      out.key(name);
      std::visit(DetailWriter{out}, value);
    }
  }
  out.end_object().end_object();
  return out.take();
}

bool is_final(const Error& error) {
  const ErrorRow& row = error_row(error.code);
  return row.http_status < 500 && row.retry != RetryClass::kSameRequest;
}

std::string_view known_code(std::string_view body) {
  if (!body.starts_with(kCodeMember)) return {};
  body.remove_prefix(kCodeMember.size());
  return body.substr(0, body.find('"'));
}

}  // namespace purser::http
