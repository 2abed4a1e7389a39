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
  const std::map<Name, Endpoint> known = made->endpoints_;
  for (const auto& [name, endpoint] : known) {
    const Status led = made->lead(name, endpoint);
    if (!led && led.error().code != ErrorCode::kPaymentProviderUnavailable) return led.error();
  }
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
  const auto add = [this](const Name& name, const json::Value* value) {
    if (value == nullptr) return;  // as files were before connected accounts had endpoints
    endpoints_[name] = {value->string_at("id").value_or(""), value->string_at("url").value_or(""),
                        Secret(value->string_at("secret").value_or("")), false};
  };
  for (const auto& [project, value] : *document->as_object()) {
    if (value.find("id") != nullptr) add({project, false}, &value);
    add({project, true}, value.find("connected"));
  }
  return {};
}

Status SandboxPayments::write() const {
  json::Writer out;
  const auto write_members = [&out](const Endpoint& endpoint) {
    out.field("id", std::string_view(endpoint.id)).field("url", std::string_view(endpoint.url));
    out.field("secret", std::string_view(endpoint.secret.reveal()));
  };
  out.begin_object();
  for (auto entry = endpoints_.begin(); entry != endpoints_.end();) {
    const std::string& project = entry->first.first;
    out.key(project).begin_object();
    for (; entry != endpoints_.end() && entry->first.first == project; ++entry) {
      const bool connected = entry->first.second;
      if (connected) out.key("connected").begin_object();
      write_members(entry->second);
      if (connected) out.end_object();
    }
    out.end_object();
  }
  out.end_object();
  return write_file_atomically(options_.file, out.str() + "\n", 0600);
}

Secret SandboxPayments::derive(const std::string& project) const {
  const auto digest =
      crypto::hmac_sha256(options_.derivation_key.reveal(), "sandbox account of " + project);
  return Secret("sk_test_" + crypto::to_hex(digest).substr(0, 32));
}

std::string SandboxPayments::endpoint_url(const std::string& project) const {
  return options_.public_url + "/webhooks/stripe/" + net::percent_encode(project);
}

Status SandboxPayments::make(const Name& name) {
  const auto& [project, connected] = name;
  const std::string url = endpoint_url(project);
  const std::string form = "url=" + net::percent_encode(url) +
                           "&enabled_events[0]=*&connect=" + (connected ? "true" : "false");
  PURSER_TRY(
      const json::Value made,
      call_sandbox("POST", options_.sandbox_url + "/v1/webhook_endpoints", derive(project), form));
  const auto id = made.string_at("id");
  const auto secret = made.string_at("secret");
  if (!id || !secret) return unavailable("the new webhook endpoint has no id or secret");
  return keep(name, Endpoint{*id, url, Secret(*secret), true});
}

Status SandboxPayments::lead(const Name& name, Endpoint endpoint) {
  const std::string url = endpoint_url(name.first);
  const std::string form = endpoint.url == url ? "" : "url=" + net::percent_encode(url);
  PURSER_TRY(const json::Value found,
             call_sandbox(form.empty() ? "GET" : "POST",
                          options_.sandbox_url + "/v1/webhook_endpoints/" + endpoint.id,
                          derive(name.first), form));
  if (found.is_null()) return keep(name, std::nullopt);
  if (found.string_at("url") != url) return unavailable("the webhook endpoint leads elsewhere");
  endpoint.url = url;
  endpoint.leads_here = true;
  return keep(name, std::move(endpoint));
}

std::optional<SandboxPayments::Endpoint> SandboxPayments::find(const Name& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = endpoints_.find(name);
  if (found == endpoints_.end()) return std::nullopt;
  return found->second;
}

Status SandboxPayments::keep(const Name& name, std::optional<Endpoint> endpoint) {
  const std::lock_guard lock(mutex_);
  const auto known = endpoints_.find(name);
  const bool is_written = known != endpoints_.end() && endpoint &&
                          known->second.id == endpoint->id && known->second.url == endpoint->url;
  if (endpoint) {
    endpoints_[name] = *std::move(endpoint);
  } else {
    endpoints_.erase(name);
  }
  return is_written ? Status() : write();
}

bool SandboxPayments::is_ready(const Name& name) const {
  const auto endpoint = find(name);
  return endpoint && endpoint->leads_here;
}

Status SandboxPayments::make_ready(const Name& name) {
  if (is_ready(name)) return {};
  const std::lock_guard making(making_);
  if (is_ready(name)) return {};
  if (const auto known = find(name)) PURSER_CHECK_OK(lead(name, *known));
  return find(name) ? Status() : make(name);
}

Result<Secret> SandboxPayments::key(const ProjectId& project) {
  for (const bool connected : {false, true}) {
    PURSER_CHECK_OK(make_ready({project.str(), connected}));
  }
  return derive(project.str());
}

std::vector<Secret> SandboxPayments::webhook_secrets(const ProjectId& project) const {
  std::vector<Secret> secrets;
  for (const bool connected : {false, true}) {
    if (auto endpoint = find({project.str(), connected})) secrets.push_back(endpoint->secret);
  }
  return secrets;
}

}  // namespace purser::server
