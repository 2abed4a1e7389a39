// The first program with the SDK: give somebody 100 credits and spend some of them.
//
//   PURSER_URL=http://127.0.0.1:8130 PURSER_PROJECT_ID=… PURSER_SECRET_SERVER_KEY=ssk_…
//   ./first_program

// [first]
#include <cstdlib>
#include <iostream>
#include <purser/purser.hpp>

int main() {
  purser::sdk::ServerOptions options;
  options.base_url = std::getenv("PURSER_URL");
  options.project_id = std::getenv("PURSER_PROJECT_ID");
  options.secret_server_key = std::getenv("PURSER_SECRET_SERVER_KEY");
  const purser::sdk::ServerApp app(options);

  const auto user = app.create_user().value();
  user.increase_quantity("credits", 100).value();
  const bool paid = user.try_decrease_quantity("credits", 30).value();

  std::cout << (paid ? "paid; " : "too few credits; ") << user.get_item_quantity("credits").value()
            << " credits left\n";
}
// [first]
