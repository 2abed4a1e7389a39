#include <utility>

#include "app/fulfilment.hpp"
#include "app/subscriptions.hpp"
#include "http/compat/customer_access.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/payments_handlers.hpp"
#include "http/compat/translate.hpp"
#include "http/kept_reply.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr ClientMay kClientMayCancel{"cancel their own subscriptions.",
                                     "cancel user or team subscriptions they control."};
constexpr ClientMay kClientMaySwitch{"manage their own subscriptions."};
constexpr const char* kSuccess = R"({"success":true})";

auto success(const Call& call) {
  return kept_as<domain::Purchase>(call,
                                   [](const domain::Purchase&) { return std::string(kSuccess); });
}

/// An id of a subscription says all; the product in the path then counts for nothing.
app::SubscriptionChoice choice_of(const Call& call) {
  app::SubscriptionChoice which;
  which.customer = call.customer();
  which.from_client = call.is_client();
  if (const auto id = call.query_value("subscription_id")) {
    which.subscription = PurchaseId(*id);
  } else {
    which.product = ProductId(call.parameter("product_id"));
  }
  return which;
}

app::SwitchCommand switch_of(const Call& call) {
  app::SwitchCommand command;
  command.customer = call.customer();
  command.from = ProductId(*call.body.string_at("from_product_id"));
  command.to = ProductId(*call.body.string_at("to_product_id"));
  if (const auto price = call.body.string_at("price_id")) command.price = PriceId(*price);
  if (const auto quantity = call.body.int_at("quantity")) {
    command.quantity = Quantity::of(*quantity);
  }
  command.from_client = call.is_client();
  return command;
}

/// A product that the customer does not have may not even be one that they could have.
Status check_could_have(const Call& call, const ProductId& product) {
  PURSER_TRY(const app::ChosenProduct chosen,
             app::choose_product(call.context(), product, call.is_client()));
  const Status possible = domain::check_order(
      {chosen.product, {}, *Quantity::of(1), call.customer(), call.is_client()}, {});
  const bool other_type =
      !possible && possible.error().code == ErrorCode::kProductCustomerTypeDoesNotMatch;
  return other_type ? possible : Status();
}

}  // namespace

std::optional<Reply> word_cancel_error(const Call& call, const Error& error) {
  const bool by_id = call.query_value("subscription_id").has_value();
  if (by_id && error.code == ErrorCode::kSubscriptionNotCancelable) {
    return plain(400, "No active subscription found with this ID for the given customer.");
  }
  if (by_id || error.code != ErrorCode::kProductNotOwned) return std::nullopt;
  const Status could = check_could_have(call, ProductId(call.parameter("product_id")));
  if (could) return std::nullopt;
  return reply_for(call, could.error());
}

std::optional<Reply> word_switch_error(const Call& call, const Error& error) {
  if (error.code != ErrorCode::kProductNotOwned) return std::nullopt;
  const ProductId from(call.body.string_at("from_product_id").value_or(""));
  if (call.context().catalog->find_product(from) != nullptr) return std::nullopt;
  return plain(400, "Product not found.");
}

void cancel_subscription(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kClientMayCancel)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  call->core.answer(*call,
                    call->core.use().subscriptions.cancel(call->principal.context, call->scope,
                                                          choice_of(*call), false, success(*call)));
}

void switch_subscription(const CallPtr& call) {
  if (const Status open = app::Sales::accepts_orders(call->context()); !open) {
    return call->core.answer(*call, open.error());
  }
  if (auto refusal = refused_customer(*call, call->customer(), kClientMaySwitch)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  const app::SwitchCommand command = switch_of(*call);
  const Status plans = app::Subscriptions::check_plans(call->context(), command);
  if (!plans) return call->core.answer(*call, plans.error());
  // Another price of the same product is a switch here, but not in the protocol.
  if (command.from == command.to) {
    return call->core.answer(*call, plain(400, "Product is already active."));
  }
  call->core.answer(*call, call->core.use().subscriptions.switch_plan(
                               call->principal.context, call->scope, command, success(*call)));
}

}  // namespace purser::http::compat::handlers
