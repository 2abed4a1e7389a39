#include "server/sandbox_payments.hpp"

#include <fmt/format.h>

#include "crypto/crypto.hpp"
#include "json/json.hpp"
#include "net/server.hpp"
#include "server/files.hpp"
#include "server/http_client.hpp"

namespace purser::server {
namespace {

Error unavailable(const std::string& why) {
  return {ErrorCode::kPaymentProviderUnavailable,
          "The sandbox did not answer; the same request tries again.",
          {},
          LogDetail(why)};
}

Result<json::Value> call_sandbox(const std::string& method, const std::string& url,
                                 const Secret& key, const std::string& form) {
  HttpCall call;
  call.method = method;
  call.url = url;
  call.headers = {{"authorization", "Bearer " + key.reveal()}};
  if (!form.empty()) call.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
  call.body = form;
  call.timeout_s = 10;
  const auto reply = http_call(call);
  if (!reply) return unavailable(reply.error().message);
  if (reply->status == 404) return json::Value();
  if (reply->status >= 400) {
    return unavailable(fmt::format("{} {} answered {}", method, url, reply->status));
  }
  auto document = json::parse(reply->body);
  if (!document) return unavailable(fmt::format("{} {} answered no JSON", method, url));
  return document;
}

}  // namespace

Result<std::unique_ptr<SandboxPayments>> SandboxPayments::open(Options options) {
  std::unique_ptr<SandboxPayments> made(new SandboxPayments(std::move(options)));
  PURSER_CHECK_OK(made->read());
  bool changed = false;
  for (auto endpoint = made->endpoints_.begin(); endpoint != made->endpoints_.end();) {
    const ProjectId project(endpoint->first);
    const std::string before = endpoint->second.url;
    PURSER_TRY(const bool known, made->lead(project, endpoint->second));
    changed = changed || !known || endpoint->second.url != before;
    endpoint = known ? std::next(endpoint) : made->endpoints_.erase(endpoint);
  }
  if (changed) PURSER_CHECK_OK(made->write());
  return made;
}

Status SandboxPayments::read() {
  if (!file_exists(options_.file)) return {};
  PURSER_TRY(const Secret text, read_private_file(options_.file));
  const auto document = json::parse(text.reveal());
  if (!document || document->as_object() == nullptr) {
    return Error{
        ErrorCode::kInternalError,
        fmt::format("{} is damaged; remove it, the endpoints are made anew", options_.file)};
  }
  for (const auto& [project, value] : *document->as_object()) {
    endpoints_[project] = {value.string_at("id").value_or(""), value.string_at("url").value_or(""),
                           Secret(value.string_at("secret").value_or(""))};
  }
  return {};
}

Status SandboxPayments::write() const {
  json::Writer out;
  out.begin_object();
  for (const auto& [project, endpoint] : endpoints_) {
    out.key(project).begin_object();
    out.field("id", std::string_view(endpoint.id)).field("url", std::string_view(endpoint.url));
    out.field("secret", std::string_view(endpoint.secret.reveal())).end_object();
  }
  out.end_object();
  return write_file_atomically(options_.file, out.str() + "\n", 0600);
}

Secret SandboxPayments::derive(const ProjectId& project) const {
  const auto digest =
      crypto::hmac_sha256(options_.derivation_key.reveal(), "sandbox account of " + project.str());
  return Secret("sk_test_" + crypto::to_hex(digest).substr(0, 32));
}

std::string SandboxPayments::endpoint_url(const ProjectId& project) const {
  return options_.public_url + "/webhooks/stripe/" + net::percent_encode(project.str());
}

Result<SandboxPayments::Endpoint> SandboxPayments::make_endpoint(const ProjectId& project) const {
  const std::string url = endpoint_url(project);
  PURSER_TRY(const json::Value made,
             call_sandbox("POST", options_.sandbox_url + "/v1/webhook_endpoints", derive(project),
                          "url=" + net::percent_encode(url) + "&enabled_events[0]=*"));
  const auto id = made.string_at("id");
  const auto secret = made.string_at("secret");
  if (!id || !secret) return unavailable("the new webhook endpoint has no id or secret");
  return Endpoint{*id, url, Secret(*secret)};
}

Result<bool> SandboxPayments::lead(const ProjectId& project, Endpoint& endpoint) const {
  const std::string url = endpoint_url(project);
  const std::string form = endpoint.url == url ? "" : "url=" + net::percent_encode(url);
  PURSER_TRY(const json::Value found,
             call_sandbox(form.empty() ? "GET" : "POST",
                          options_.sandbox_url + "/v1/webhook_endpoints/" + endpoint.id,
                          derive(project), form));
  endpoint.url = url;
  return !found.is_null();
}

Result<Secret> SandboxPayments::key(const ProjectId& project) {
  const auto is_known = [&] {
    const std::lock_guard lock(mutex_);
    return endpoints_.count(project.str()) > 0;
  };
  if (!is_known()) {
    const std::lock_guard making(making_);
    if (!is_known()) {
      PURSER_TRY(Endpoint endpoint, make_endpoint(project));
      const std::lock_guard lock(mutex_);
      endpoints_[project.str()] = std::move(endpoint);
      PURSER_CHECK_OK(write());
    }
  }
  return derive(project);
}

std::vector<Secret> SandboxPayments::webhook_secrets(const ProjectId& project) const {
  const std::lock_guard lock(mutex_);
  const auto found = endpoints_.find(project.str());
  if (found == endpoints_.end()) return {};
  return {found->second.secret};
}

}  // namespace purser::server
