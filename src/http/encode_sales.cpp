#include "http/encode_sales.hpp"

#include "http/json_fields.hpp"

namespace purser::http {
namespace {

void write_price(json::Writer& out, const domain::Price& price) {
  out.begin_object().field("id", price.id.str()).field("amount", price.amount.minor_units());
  out.field("currency", price.amount.currency().code()).key("interval");
  if (price.interval) {
    out.string(to_string(price.interval->unit));
  } else {
    out.null();
  }
  out.key("interval_count");
  out.integer(price.interval ? price.interval->count : 1).end_object();
}

void write_pending(json::Writer& out, const domain::Subscription& subscription) {
  out.key("pending_switch");
  if (!subscription.pending) {
    out.null();
    return;
  }
  const domain::PendingSwitch& pending = *subscription.pending;
  out.begin_object();
  text_or_null(out, "product_id", pending.product.id.str());
  out.field("price_id", pending.price.str()).field("quantity", pending.quantity.value());
  instant(out, "at", pending.at);
  out.end_object();
}

void write_info(json::Writer& out, const domain::Purchase& purchase, Timestamp now) {
  const domain::Subscription& subscription = *purchase.subscription;
  out.begin_object().field("subscription_id", purchase.id.str());
  out.field("status", domain::to_string(subscription.status));
  instant(out, "current_period_end", subscription.current_period_end);
  out.field("cancel_at_period_end", subscription.cancel_at_period_end);
  out.field("is_cancelable", domain::is_cancelable(subscription, now));
  write_pending(out, subscription);
  out.end_object();
}

void write_options(json::Writer& out, const std::vector<domain::SwitchOption>& options) {
  out.key("switch_options").begin_array();
  for (const domain::SwitchOption& option : options) {
    out.begin_object().field("product_id", option.product->id.str());
    out.field("display_name", option.product->display_name).key("prices").begin_array();
    for (const domain::Price* price : option.prices) write_price(out, *price);
    out.end_array().end_object();
  }
  out.end_array();
}

void number_or_null(json::Writer& out, std::string_view name, const std::optional<int>& number) {
  out.key(name);
  if (number) {
    out.integer(*number);
  } else {
    out.null();
  }
}

void write_method(json::Writer& out, const app::RemotePaymentMethod& method) {
  out.begin_object().field("id", method.id);
  text_or_null(out, "brand", method.brand);
  text_or_null(out, "last4", method.last4);
  number_or_null(out, "exp_month", method.exp_month);
  number_or_null(out, "exp_year", method.exp_year);
  out.end_object();
}

}  // namespace

std::vector<OwnedProduct> fold_products(const std::vector<const domain::Purchase*>& purchases,
                                        const domain::Catalog& catalog, bool from_client) {
  std::vector<OwnedProduct> rows;
  for (const domain::Purchase* purchase : purchases) {
    const domain::Product& product = purchase->product;
    const bool same =
        !rows.empty() && !product.is_inline() && rows.back().newest->product.id == product.id;
    if (!same) {
      rows.push_back({purchase, purchase->quantity});
      continue;
    }
    // A sum above the range is shown as the largest number: the list must not fail for it.
    const auto sum = rows.back().quantity.plus(purchase->quantity);
    rows.back().quantity = sum.value_or(*Quantity::of(Quantity::kMax));
    const bool hides_subscription = rows.back().newest->subscription && !purchase->subscription;
    if (!hides_subscription) rows.back().newest = purchase;
  }
  for (OwnedProduct& row : rows) {
    row.has_options = row.newest->subscription && row.newest->product.product_line;
    if (row.has_options) {
      row.options = domain::switch_options(*row.newest, catalog, from_client);
    }
  }
  return rows;
}

void write(json::Writer& out, const OwnedProduct& owned, Timestamp now) {
  const domain::Product& product = owned.newest->product;
  out.begin_object();
  text_or_null(out, "id", product.id.str());
  out.field("quantity", owned.quantity.value()).field("display_name", product.display_name);
  out.field("customer_type", to_string(product.customer_type));
  out.field("is_server_only", product.server_only).field("stackable", product.stackable);
  out.field("type", domain::to_string(owned.newest->type)).key("subscription");
  if (owned.newest->subscription) {
    write_info(out, *owned.newest, now);
  } else {
    out.null();
  }
  if (owned.has_options) write_options(out, owned.options);
  out.end_object();
}

void write(json::Writer& out, const app::Invoice& invoice) {
  out.begin_object().field("id", invoice.id);
  text_or_null(out, "number", invoice.number);
  out.field("purchase_id", invoice.purchase.str());
  out.field("currency", invoice.total.currency().code());
  out.field("total", invoice.total.minor_units()).field("amount_paid", invoice.amount_paid);
  out.field("amount_refunded", invoice.refunded);
  out.field("status", app::to_string(invoice.status));
  text_or_null(out, "hosted_url", invoice.hosted_url);
  instant_or_null(out, "period_start", invoice.period_start);
  instant_or_null(out, "period_end", invoice.period_end);
  instant(out, "created_at", invoice.created_at);
  out.end_object();
}

void write(json::Writer& out, const app::Transaction& transaction) {
  out.begin_object().field("id", transaction.id.str());
  out.field("kind", app::to_string(transaction.kind));
  out.field("purchase_id", transaction.purchase.str());
  text_or_null(out, "product_id", transaction.product_id);
  out.key("amount");
  if (transaction.amount) {
    out.integer(transaction.amount->minor_units());
    out.field("currency", transaction.amount->currency().code());
  } else {
    out.null().key("currency").null();
  }
  instant(out, "created_at", transaction.at);
  out.end_object();
}

void write(json::Writer& out, const app::InboxEvent& event) {
  out.begin_object().field("event_id", event.event_id).field("type", event.type);
  out.field("object_id", event.object_id).field("state", app::to_string(event.state));
  out.key("attempts").integer(event.attempts);
  text_or_null(out, "error", event.error);
  instant(out, "received_at", event.received_at);
  const bool waits = event.state == app::InboxState::kPending;
  instant_or_null(out, "next_at", waits ? std::optional(event.next_at) : std::nullopt);
  out.end_object();
}

std::string encode_url(const std::string& url) {
  return json::Writer().begin_object().field("url", url).end_object().take();
}

std::string encode_grant(const domain::Purchase& purchase) {
  json::Writer out;
  out.begin_object().field("purchase_id", purchase.id.str());
  text_or_null(out, "subscription_id", purchase.subscription ? purchase.id.str() : "");
  return out.end_object().take();
}

std::string encode_subscription(const domain::Purchase& purchase, Timestamp now) {
  const domain::Subscription& subscription = *purchase.subscription;
  json::Writer out;
  out.begin_object().key("subscription").begin_object().field("id", purchase.id.str());
  text_or_null(out, "product_id", purchase.product.id.str());
  text_or_null(out, "price_id", purchase.price ? purchase.price->str() : "");
  out.field("quantity", purchase.quantity.value());
  out.field("status", domain::to_string(subscription.status));
  instant(out, "current_period_start", subscription.current_period_start);
  instant(out, "current_period_end", subscription.current_period_end);
  instant_or_null(out, "trial_end", subscription.trial_end);
  out.field("cancel_at_period_end", subscription.cancel_at_period_end);
  out.field("is_cancelable", domain::is_cancelable(subscription, now));
  instant_or_null(out, "ended_at", subscription.ended_at);
  write_pending(out, subscription);
  return out.end_object().end_object().take();
}

std::string encode_preview(const app::SwitchPreview& preview) {
  json::Writer out;
  out.begin_object().field("effective", domain::to_string(preview.effective));
  out.field("due_now", preview.due_now.minor_units());
  if (preview.next_renewal) {
    out.field("next_renewal", preview.next_renewal->minor_units());
  } else {
    out.key("next_renewal").null();
  }
  instant(out, "next_renewal_at", preview.next_renewal_at);
  out.field("currency", preview.due_now.currency().code()).key("lines").begin_array();
  for (const app::PlanPreview::Line& line : preview.lines) {
    out.begin_object().field("description", line.description).field("amount", line.amount);
    out.field("is_proration", line.is_proration);
    instant(out, "period_start", line.period_start);
    instant(out, "period_end", line.period_end);
    out.end_object();
  }
  return out.end_array().end_object().take();
}

std::string encode_billing(const app::CustomerBilling& billing) {
  json::Writer out;
  out.begin_object().field("has_customer", billing.has_customer).key("default_payment_method");
  if (billing.default_payment_method) {
    write_method(out, *billing.default_payment_method);
  } else {
    out.null();
  }
  return out.end_object().take();
}

std::string encode_default_payment_method(const app::RemotePaymentMethod& method) {
  json::Writer out;
  out.begin_object().key("default_payment_method");
  write_method(out, method);
  return out.end_object().take();
}

std::string encode_setup_intent(const app::SetupIntentForClient& intent) {
  json::Writer out;
  out.begin_object().field("client_secret", intent.client_secret.reveal());
  return out.field("stripe_account_id", intent.account_id).end_object().take();
}

std::string encode_refund(const app::Refund& refund) {
  json::Writer out;
  out.begin_object().key("refund").begin_object().field("id", refund.id);
  out.field("purchase_id", refund.purchase.str());
  out.field("amount", refund.amount.minor_units());
  out.field("currency", refund.amount.currency().code()).key("quantity");
  if (refund.quantity.is_positive()) {
    out.integer(refund.quantity.value());
  } else {
    out.null();
  }
  out.field("status", app::to_string(refund.state));
  text_or_null(out, "reason", refund.reason);
  instant(out, "created_at", refund.created_at);
  return out.end_object().end_object().take();
}

std::string encode_inbox_event(const app::InboxEvent& event) {
  json::Writer out;
  out.begin_object().key("event");
  write(out, event);
  return out.end_object().take();
}

std::string encode_payment_account(const app::ProviderAccountState& account) {
  json::Writer out;
  out.begin_object().field("account_id", account.id).field("livemode", account.livemode);
  out.field("charges_enabled", account.charges_enabled);
  out.field("details_submitted", account.details_submitted);
  return out.field("payouts_enabled", account.payouts_enabled).end_object().take();
}

}  // namespace purser::http
