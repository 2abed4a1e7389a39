#include <utility>

#include "app/billing.hpp"
#include "app/webhooks.hpp"
#include "http/compat/customer_access.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/page.hpp"
#include "http/compat/payments_handlers.hpp"
#include "http/compat/translate.hpp"
#include "http/encode_sales.hpp"
#include "http/json_fields.hpp"
#include "http/kept_reply.hpp"
#include "http/paging.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr ClientMay kClientMayBill{"manage their own billing."};
constexpr ClientMay kClientMayPay{"manage their own payment method."};

void write_invoice(json::Writer& out, const app::Invoice& invoice) {
  out.begin_object().field("created_at_millis", invoice.created_at.millis());
  out.field("status", app::to_string(invoice.status));
  out.field("amount_total", invoice.total.minor_units());
  text_or_null(out, "hosted_invoice_url", invoice.hosted_url);
  out.end_object();
}

std::string encode_method(const app::RemotePaymentMethod& method) {
  std::string body = R"({"success":true,)";
  return body.append(encode_default_payment_method(method).substr(1));
}

}  // namespace

void list_invoices(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kClientMayBill)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  const int limit = limit_of(*call);
  const auto page = call->core.use().billing.invoices(
      call->context(), call->customer(), call->query_value("cursor").value_or(""), limit);
  if (!page) return call->core.answer(*call, page.error());
  json::Writer rows;
  rows.begin_array();
  for (const app::Invoice& invoice : page->items) write_invoice(rows, invoice);
  rows.end_array();
  // The protocol has one whenever the page is full.
  std::optional<std::string> next;
  if (page->items.size() == static_cast<std::size_t>(limit)) next = page->items.back().id;
  call->core.answer(*call, encode_page(rows.str(), next));
}

void get_billing(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kClientMayBill)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  const auto billing = call->core.use().billing.billing(call->context(), call->customer());
  if (!billing) return call->core.answer(*call, billing.error());
  call->core.answer(*call, encode_billing(*billing));
}

void create_setup_intent(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kClientMayPay)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  call->core.answer(*call, call->core.use().billing.create_setup_intent(
                               call->principal.context, call->scope, call->customer(),
                               kept_as<app::SetupIntentForClient>(*call, encode_setup_intent)));
}

void set_default_payment_method(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kClientMayPay)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  call->core.answer(*call, call->core.use().billing.set_default_payment_method(
                               call->principal.context, call->scope, call->customer(),
                               *call->body.string_at("setup_intent_id"),
                               kept_as<app::RemotePaymentMethod>(*call, encode_method)));
}

// One address for the events of all projects.
void receive_stripe_event(const CallPtr& call) {
  if (!call->core.guesses().may_guess(call->request.remote_address, call->started)) {
    return call->core.answer(*call, plain(429, "Too many events that nobody signed."));
  }
  const auto event = json::parse(call->request.body);
  const std::string account = event ? event->string_at("account").value_or("") : std::string();
  const std::string signature(call->request.header("stripe-signature"));
  const Status kept =
      call->core.use().webhooks.receive_of_account(account, call->request.body, signature);
  if (kept) return call->core.answer(*call, R"({"received":true})");
  if (kept.error().code == ErrorCode::kWebhookSignatureInvalid) {
    call->core.guesses().count_wrong(call->request.remote_address, call->started);
  }
  call->core.answer(*call, kept.error());
}

}  // namespace purser::http::compat::handlers
