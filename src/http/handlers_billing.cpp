#include <utility>

#include "app/billing.hpp"
#include "app/refunds.hpp"
#include "app/webhooks.hpp"
#include "http/encode_sales.hpp"
#include "http/handlers.hpp"
#include "http/kept_reply.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

// A page whose rows and next place the application gives.
template <class AppPage>
std::string encode_listed(const Call& call, const AppPage& page) {
  json::Writer rows;
  rows.begin_array();
  for (const auto& row : page.items) write(rows, row);
  rows.end_array();
  std::optional<std::string> next;
  if (page.next_after) next = cursor_after(call, *page.next_after);
  return encode_page(rows.str(), next);
}

}  // namespace

void get_billing(const CallPtr& call) {
  const auto billing = call->core.use().billing.billing(call->context(), call->customer());
  if (!billing) return call->core.answer(*call, billing.error());
  call->core.answer(*call, encode_billing(*billing));
}

void create_setup_intent(const CallPtr& call) {
  call->core.answer(*call, call->core.use().billing.create_setup_intent(
                               call->principal.context, call->scope, call->customer(),
                               kept_as<app::SetupIntentForClient>(*call, encode_setup_intent)));
}

void set_default_payment_method(const CallPtr& call) {
  call->core.answer(*call,
                    call->core.use().billing.set_default_payment_method(
                        call->principal.context, call->scope, call->customer(),
                        *call->body.string_at("setup_intent_id"),
                        kept_as<app::RemotePaymentMethod>(*call, encode_default_payment_method)));
}

void list_invoices(const CallPtr& call) {
  const auto page = page_of(*call, 10);
  if (!page) return call->core.answer(*call, page.error());
  const auto rows = call->core.use().billing.invoices(call->context(), call->customer(),
                                                      page->after, page->limit);
  if (!rows) return call->core.answer(*call, rows.error());
  call->core.answer(*call, encode_listed(*call, *rows));
}

void list_transactions(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  const auto rows = call->core.use().billing.transactions(call->context(), call->customer(),
                                                          page->after, page->limit);
  if (!rows) return call->core.answer(*call, rows.error());
  call->core.answer(*call, encode_listed(*call, *rows));
}

void check_refund(const json::Value& body, FieldErrors& errors) {
  if (body.int_at("amount") && body.int_at("quantity")) {
    errors.push_back({"body", "must have at most one of amount and quantity"});
  }
}

void refund_purchase(const CallPtr& call) {
  app::RefundCommand command;
  command.purchase = PurchaseId(call->parameter("purchase_id"));
  command.order.amount = call->body.int_at("amount");
  if (const auto quantity = call->body.int_at("quantity")) {
    command.order.quantity = Quantity::of(*quantity);
  }
  command.reason = call->body.string_at("reason").value_or("");
  call->core.answer(*call,
                    call->core.use().refunds.refund(call->principal.context, call->scope, command,
                                                    kept_as<app::Refund>(*call, encode_refund)));
}

void connect_account(const CallPtr& call) {
  const auto url = call->core.use().onboarding.link(
      call->principal.context, call->body.string_at("return_url").value_or(""));
  if (!url) return call->core.answer(*call, url.error());
  call->core.answer(*call, encode_url(*url));
}

void get_payment_account(const CallPtr& call) {
  const auto account = call->core.use().onboarding.account(call->context());
  if (!account) return call->core.answer(*call, account.error());
  call->core.answer(*call, encode_payment_account(*account));
}

void stripe_webhook(const CallPtr& call) {
  const ProjectId project(call->parameter("project_id"));
  const std::string signature(call->request.header("stripe-signature"));
  const Status kept = call->core.use().webhooks.receive(project, call->request.body, signature);
  if (!kept) return call->core.answer(*call, kept.error());
  call->core.answer(*call, R"({"received":true})");
}

void list_inbox(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  std::optional<app::InboxState> state;
  if (const auto name = call->query_value("state")) state = app::parse_inbox_state(*name);
  const auto rows =
      call->core.use().webhooks.inbox(call->project(), state, page->after, page->limit);
  if (!rows) return call->core.answer(*call, rows.error());
  call->core.answer(*call, encode_listed(*call, *rows));
}

void retry_inbox_event(const CallPtr& call) {
  call->core.write(
      call,
      [call = call.get()](app::StoreBatch& batch, app::AfterCommit& after) -> Result<Written> {
        PURSER_TRY(const auto event,
                   call->core.use().webhooks.retry(batch, call->project(),
                                                   call->parameter("event_id"), after));
        return Written{.body = encode_inbox_event(event)};
      });
}

}  // namespace purser::http::handlers
