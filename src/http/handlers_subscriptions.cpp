#include <utility>

#include "app/subscriptions.hpp"
#include "http/encode_sales.hpp"
#include "http/handlers.hpp"
#include "http/kept_reply.hpp"

namespace purser::http::handlers {
namespace {

app::SubscriptionChoice choice_of(const Call& call, std::string product, std::string id) {
  return {.customer = call.customer(),
          .product = ProductId(std::move(product)),
          .subscription = PurchaseId(std::move(id)),
          .from_client = call.is_client()};
}

// "-" stands for an inline product, which has no id.
std::string product_of(const Call& call) {
  const std::string& product = call.parameter("product_id");
  return product == "-" ? std::string() : product;
}

auto encoded(const Call& call) {
  return kept_as<domain::Purchase>(call, [&call](const domain::Purchase& purchase) {
    return encode_subscription(purchase, call.core.use().clock.now());
  });
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
  if (const auto effective = call.body.string_at("effective")) {
    command.effective = domain::parse_switch_time(*effective);
  }
  command.from_client = call.is_client();
  return command;
}

}  // namespace

void get_subscription(const CallPtr& call) {
  const auto found = call->core.use().subscriptions.find(
      call->context(), choice_of(*call, {}, call->parameter("subscription_id")));
  if (!found) return call->core.answer(*call, found.error());
  call->core.answer(*call, encode_subscription(*found, call->core.use().clock.now()));
}

void cancel_subscription(const CallPtr& call) {
  const auto which =
      choice_of(*call, product_of(*call), call->query_value("subscription_id").value_or(""));
  if (which.product.empty() && which.subscription.empty()) {
    return call->core.answer(
        *call, schema_error({{"query.subscription_id", "is required for an inline product"}}));
  }
  const bool immediately = call->query_value("immediately") == "true";
  call->core.answer(
      *call, call->core.use().subscriptions.cancel(call->principal.context, call->scope, which,
                                                   immediately, encoded(*call)));
}

void resume_subscription(const CallPtr& call) {
  const auto which = choice_of(*call, {}, call->parameter("subscription_id"));
  call->core.answer(*call, call->core.use().subscriptions.resume(
                               call->principal.context, call->scope, which, encoded(*call)));
}

void switch_subscription(const CallPtr& call) {
  call->core.answer(*call,
                    call->core.use().subscriptions.switch_plan(call->principal.context, call->scope,
                                                               switch_of(*call), encoded(*call)));
}

void preview_switch(const CallPtr& call) {
  const auto preview = call->core.use().subscriptions.preview(call->context(), switch_of(*call));
  if (!preview) return call->core.answer(*call, preview.error());
  call->core.answer(*call, encode_preview(*preview));
}

}  // namespace purser::http::handlers
