#include "server/admin_client.hpp"

#include <fmt/format.h>

#include "server/http_client.hpp"

namespace purser::server {
namespace {

/// The API's error as a sentence for a person at a terminal.
Error read_error(const HttpReply& reply) {
  const auto document = json::parse(reply.body);
  std::string message;
  if (document) message = document->string_at("error").value_or("");
  if (message.empty()) message = fmt::format("The server answered {}", reply.status);
  if (!document) return {ErrorCode::kInternalError, message};
  if (const auto code = document->string_at("code")) message += fmt::format(" [{}]", *code);
  const json::Value* details = document->find("details");
  const json::Value* fields = details == nullptr ? nullptr : details->find("fields");
  if (fields != nullptr && fields->as_array() != nullptr) {
    for (const json::Value& field : *fields->as_array()) {
      message += fmt::format("\n  {}: {}", field.string_at("path").value_or("?"),
                             field.string_at("message").value_or("?"));
    }
  }
  return {ErrorCode::kInternalError, message};
}

}  // namespace

Result<std::string> AdminClient::call_text(std::string_view method, std::string_view path,
                                           const std::string& body, const std::string& content_type,
                                           const std::string& project) const {
  HttpCall call;
  call.method = method;
  call.url = url_ + std::string(path);
  call.headers = {{"x-purser-root-key", root_key_.reveal()}};
  if (!project.empty()) call.headers.emplace_back("x-purser-project-id", project);
  if (!body.empty()) call.headers.emplace_back("content-type", content_type);
  call.body = body;
  call.timeout_s = 0;  // verifying and copying a large store take as long as they take
  PURSER_TRY(HttpReply reply, http_call(call));
  if (reply.status >= 400) return read_error(reply);
  return std::move(reply.body);
}

Result<json::Value> AdminClient::call(std::string_view method, std::string_view path,
                                      const std::string& body, const std::string& project) const {
  PURSER_TRY(const std::string text, call_text(method, path, body, "application/json", project));
  return json::parse(text);
}

}  // namespace purser::server
