// Selling: the server signs a user in, the user's program asks for a checkout URL, and after the
// payment the product and its credits are there. Run it with a user's id as its argument to see
// what that user owns now.

#include <cstdlib>
#include <iostream>
#include <purser/purser.hpp>
#include <string>

namespace sdk = purser::sdk;

namespace {

// [server]
// On your server, where the secret key is: whoever has logged in to your app gets tokens for
// Purser.
sdk::Result<sdk::Tokens> sign_in(const sdk::ServerApp& server, const std::string& user_id) {
  const auto session = server.create_session(user_id);
  if (!session) return session.error();
  return session->tokens();
}
// [server]

// [client]
// In the user's hands, without any secret: the app may do only what this user may.
sdk::Result<std::string> buy(const sdk::CurrentUser& user) {
  auto url = user.create_checkout_url({
      .product = "credits-1000",
      .return_url = "http://localhost:3000/thanks",
  });
  if (!url && url.error().code() == sdk::ErrorCode::kProductAlreadyGranted) {
    return std::string("(you own it already)");
  }
  return url;
}
// [client]

}  // namespace

int main(int argc, char** argv) {
  sdk::ServerOptions options;
  options.base_url = std::getenv("PURSER_URL");
  options.project_id = std::getenv("PURSER_PROJECT_ID");
  options.secret_server_key = std::getenv("PURSER_SECRET_SERVER_KEY");
  const sdk::ServerApp server(options);

  const std::string id = argc > 1 ? argv[1] : server.create_user().value().id();
  std::cout << "user: " << id << "\n";

  sdk::ClientOptions client_options;
  client_options.base_url = options.base_url;
  client_options.project_id = options.project_id;
  client_options.publishable_client_key = std::getenv("PURSER_PUBLISHABLE_CLIENT_KEY");
  sdk::ClientApp client(client_options);
  client.set_tokens(sign_in(server, id).value());

  const auto user = client.current_user().value();
  std::cout << "pay here: " << buy(user).value() << "\n";
  for (const auto& product : user.list_products().value()) {
    std::cout << "owns: " << product.quantity << " × " << product.display_name << "\n";
  }
  std::cout << "credits: " << user.get_item_quantity("credits").value() << "\n";
}
