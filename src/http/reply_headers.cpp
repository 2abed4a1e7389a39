#include "http/reply_headers.hpp"

#include <span>

#include "http/credentials.hpp"
#include "http/pages.hpp"

namespace purser::http {
namespace {

constexpr std::string_view kExposed =
    "content-type, x-purser-request-id, x-stack-request-id, x-stack-known-error, "
    "x-stack-actual-status, idempotency-replayed, retry-after";

// Every header that our own and Stack Auth's client libraries send.
std::string allowed_headers() {
  std::string names = "authorization, content-type, idempotency-key, ngrok-skip-browser-warning";
  for (const std::string_view prefix : kHeaderPrefixes) {
    for (const std::string_view name :
         {"access-type", "project-id", "publishable-client-key", "secret-server-key",
          "super-secret-admin-key", "access-token", "refresh-token", "admin-access-token",
          "override-error-status", "client-version", "allow-anonymous-user", "random-nonce"}) {
      names.append(", ").append(prefix).append(name);
    }
  }
  return names;
}

const std::string& script_lines() {
  static const std::string kLines =
      "access-control-allow-origin: *\r\naccess-control-expose-headers: " + std::string(kExposed) +
      "\r\n";
  return kLines;
}

std::string page_lines(std::string_view form_action) {
  return "content-security-policy: " + page_policy(form_action) +
         "\r\nx-frame-options: DENY\r\n"
         "x-content-type-options: nosniff\r\n"
         "referrer-policy: no-referrer\r\n";
}

}  // namespace

Reader reader_of(const net::Request& request) {
  Reader reader;
  for (const net::Header& header : request.headers) {
    const std::string_view name = header.name;
    if (net::same_header_name(name, "origin")) reader.is_browser = true;
    for (const std::string_view prefix : std::span(kHeaderPrefixes).subspan(1)) {
      if (net::same_header_name(name.substr(0, prefix.size()), prefix)) {
        reader.is_stack_client = true;
      }
    }
  }
  return reader;
}

std::string common_header_lines(std::string_view request_id, Reader reader, PageKind page) {
  static const std::string for_plain_pages = page_lines("'none'");
  // The provider's page is somewhere on the web, or on this machine where it is the sandbox.
  static const std::string for_forms =
      page_lines("'self' https: http://127.0.0.1:* http://localhost:*");
  std::string lines;
  lines.reserve(page != PageKind::kNone || reader.is_browser ? 600 : 200);
  lines.append("cache-control: no-store\r\nx-purser-request-id: ")
      .append(request_id)
      .append("\r\n");
  if (reader.is_stack_client) {
    lines.append("x-stack-request-id: ").append(request_id).append("\r\n");
  }
  if (page != PageKind::kNone) {
    return lines.append(page == PageKind::kForm ? for_forms : for_plain_pages);
  }
  if (reader.is_browser) lines.append(script_lines());
  return lines;
}

std::string protocol_header_lines(std::string_view request_id) {
  std::string lines = "cache-control: no-store, max-age=0\r\nx-stack-request-id: ";
  return lines.append(request_id).append("\r\n").append(script_lines());
}

net::Header retry_after() { return {"retry-after", "1"}; }

void add_preflight_headers(std::vector<net::Header>& headers, std::string_view allowed) {
  static const std::string names = allowed_headers();
  headers.push_back({"access-control-allow-methods", std::string(allowed)});
  headers.push_back({"access-control-allow-headers", names});
  headers.push_back({"access-control-max-age", "7200"});
}

std::string page_policy(std::string_view form_action) {
  std::string policy = "default-src 'none'; style-src 'sha256-" + style_digest();
  policy.append("'; base-uri 'none'; form-action ").append(form_action);
  return policy.append("; frame-ancestors 'none'");
}

}  // namespace purser::http
