#include "http/reply_headers.hpp"

#include "http/pages.hpp"

namespace purser::http {
namespace {

constexpr std::string_view kExposed =
    "content-type, x-purser-request-id, x-stack-request-id, x-stack-known-error, "
    "x-stack-actual-status, idempotency-replayed, retry-after";

// Every header that our own and Stack Auth's client libraries send.
std::string allowed_headers() {
  std::string names = "authorization, content-type, idempotency-key, ngrok-skip-browser-warning";
  for (const std::string_view prefix : {"x-purser-", "x-stack-", "x-hexclave-"}) {
    for (const std::string_view name :
         {"access-type", "project-id", "publishable-client-key", "secret-server-key",
          "super-secret-admin-key", "access-token", "refresh-token", "admin-access-token",
          "override-error-status", "client-version", "allow-anonymous-user", "random-nonce"}) {
      names.append(", ").append(prefix).append(name);
    }
  }
  return names;
}

}  // namespace

void add_common_headers(std::vector<net::Header>& headers, const net::Request* request,
                        std::string_view request_id, bool is_page) {
  headers.push_back({"cache-control", "no-store"});
  headers.push_back({"x-purser-request-id", std::string(request_id)});
  headers.push_back({"x-stack-request-id", std::string(request_id)});
  if (is_page) {
    headers.push_back({"content-security-policy", page_policy()});
    headers.push_back({"x-frame-options", "DENY"});
    headers.push_back({"x-content-type-options", "nosniff"});
    headers.push_back({"referrer-policy", "no-referrer"});
    return;
  }
  headers.push_back({"access-control-allow-origin", "*"});
  if (request != nullptr && !request->header("origin").empty()) {
    headers.push_back({"access-control-expose-headers", std::string(kExposed)});
  }
}

void add_preflight_headers(std::vector<net::Header>& headers, std::string_view allowed) {
  static const std::string names = allowed_headers();
  headers.push_back({"access-control-allow-methods", std::string(allowed)});
  headers.push_back({"access-control-allow-headers", names});
  headers.push_back({"access-control-max-age", "7200"});
}

const std::string& page_policy() {
  // No script at all; the one style sheet is inside the page and named by its digest.
  static const std::string policy =
      "default-src 'none'; style-src 'sha256-" + style_digest() +
      "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return policy;
}

}  // namespace purser::http
