// Plans: what a team has, what it could have instead and what that would cost today, and the
// change.

#include <cstdlib>
#include <iostream>
#include <optional>
#include <purser/purser.hpp>
#include <string>

namespace sdk = purser::sdk;

namespace {

// [upgrade]
// Changes the team's plan if somebody agrees to what it costs; nothing if not.
sdk::Result<std::optional<sdk::Subscription>> upgrade(const sdk::Customer& team,
                                                      const sdk::SwitchSubscriptionOptions& change,
                                                      bool (*agrees)(const sdk::SwitchPreview&)) {
  const auto preview = team.preview_switch(change);
  if (!preview) return preview.error();
  if (!agrees(*preview)) return std::optional<sdk::Subscription>();
  const auto subscription = team.switch_subscription(change);
  if (!subscription) return subscription.error();
  return std::optional(*subscription);
}
// [upgrade]

// [show]
// What the team's page shows of its plan.
void show(const sdk::Customer& team) {
  for (const auto& product : team.list_products().value()) {
    std::cout << product.display_name << ": " << product.subscription->status << "\n";
    for (const auto& option : product.switch_options.value()) {
      for (const auto& price : option.prices) {
        std::cout << "  or " << option.display_name << " for " << price.amount << " "
                  << price.currency << "\n";
      }
    }
  }
}
// [show]

}  // namespace

int main() {
  sdk::ServerOptions options;
  options.base_url = std::getenv("PURSER_URL");
  options.project_id = std::getenv("PURSER_PROJECT_ID");
  options.secret_server_key = std::getenv("PURSER_SECRET_SERVER_KEY");
  const sdk::ServerApp app(options);
  const auto team = app.create_team({.display_name = "Ann's team"}).value();

  // A plan that your server gives for nothing; one that is bought begins at create_checkout_url.
  team.grant_product({.product = "team-pro"}).value();
  show(team);
  std::cout << team.get_item_quantity("seats").value() << " seats, "
            << team.get_item_quantity("generations").value() << " generations\n";
  team.try_decrease_quantity("generations", 400).value();

  const auto agrees = [](const sdk::SwitchPreview& cost) {
    std::cout << "due now: " << cost.due_now << " " << cost.currency
              << ", next: " << cost.next_renewal.value_or(0) << "\n";
    return true;
  };
  const auto plan =
      upgrade(team, {.from_product_id = "team-pro", .to_product_id = "team-business"}, agrees)
          .value()
          .value();
  std::cout << plan.product_id.value() << ": " << team.get_item_quantity("seats").value()
            << " seats, " << team.get_item_quantity("generations").value() << " generations\n";

  team.cancel_subscription({.product_id = "team-business"}).value();
  std::cout << "ends with its period: " << std::boolalpha
            << team.get_subscription(plan.id).value().cancel_at_period_end << "\n";
  team.resume_subscription(plan.id).value();
  std::cout << "ends with its period: "
            << team.get_subscription(plan.id).value().cancel_at_period_end << "\n";
}
