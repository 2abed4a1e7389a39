// What a program of somebody else's looks like: it sees the installed headers and nothing else.

#include <cstdio>
#include <cstring>
#include <purser/purser.hpp>

namespace sdk = purser::sdk;

int main() {
  sdk::ServerOptions options;
  options.base_url = "http://127.0.0.1:1";  // Nobody listens there.
  options.project_id = "demo";
  options.secret_server_key = "ssk_none";
  options.retry.max_retries = 0;
  const sdk::ServerApp app(options);
  const auto item = app.user("u1").get_item("credits");
  if (item || item.error().code() != sdk::ErrorCode::kNoAnswer) return 1;
  if (std::strlen(sdk::version()) == 0) return 1;
  const auto forged = sdk::verify_webhook({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, {}, "{}");
  if (forged || forged.error().code() != sdk::ErrorCode::kWebhookSignatureInvalid) return 1;
  std::printf("purser %s: %s\n", sdk::version(), sdk::to_string(item.error()).c_str());
  return 0;
}
