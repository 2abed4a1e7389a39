// An AI API that charges credits. Each line of the input is one request, "USER PROMPT"; each line
// of the output is its HTTP status and body. Put `handle` behind the web framework of your choice.

#include <cstdlib>
#include <iostream>
#include <optional>
#include <purser/purser.hpp>
#include <sstream>
#include <string>

namespace sdk = purser::sdk;

struct Reply {
  int status;
  std::string body;
};

// Stands for the expensive work. Fails for prompts that it cannot answer.
std::optional<std::string> complete(const std::string& prompt) {
  if (prompt.find("impossible") != std::string::npos) return std::nullopt;
  return "You said: " + prompt;
}

// [handle]
Reply handle(const sdk::ServerApp& app, const std::string& user_id, const std::string& prompt) {
  const auto user = app.user(user_id);
  const auto cost = static_cast<std::int64_t>(1 + prompt.size() / 20);

  // Take the credits before the work. However many requests come at once, nobody spends twice.
  const auto charge = user.try_decrease("credits", cost, {.description = "completion"});
  if (!charge) {
    if (charge.error().category() == sdk::ErrorCategory::kNotFound) return {404, "Who are you?"};
    return {503, "Try again later: " + charge.error().message()};
  }
  if (!charge->success) {
    const auto url = user.create_checkout_url({.product = "credits-1000"});
    return {402, "You need " + std::to_string(cost) + " credits and have " +
                     std::to_string(charge->quantity) +
                     ". Buy some: " + (url ? *url : to_string(url.error()))};
  }
  if (const auto answer = complete(prompt)) {
    return {200, *answer + " (" + std::to_string(charge->quantity) + " credits left)"};
  }
  // Nothing was delivered, so give them back. The SDK retries under one key: they come back once.
  const auto back = user.increase_quantity("credits", cost, {.description = "completion failed"});
  if (!back) {
    std::cerr << "Owed to " << user_id << ": " << cost << " credits, under the idempotency key "
              << back.error().idempotency_key() << "\n";
  }
  return {500, "No answer; you were not charged."};
}
// [handle]

int main() {
  sdk::ServerOptions options;
  options.base_url = std::getenv("PURSER_URL");
  options.project_id = std::getenv("PURSER_PROJECT_ID");
  options.secret_server_key = std::getenv("PURSER_SECRET_SERVER_KEY");
  const sdk::ServerApp app(options);

  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string user_id, prompt;
    words >> user_id >> std::ws;
    std::getline(words, prompt);
    const Reply reply = handle(app, user_id, prompt);
    std::cout << reply.status << " " << reply.body << std::endl;
  }
}
