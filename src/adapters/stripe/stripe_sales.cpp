#include "adapters/stripe/calls.hpp"
#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"
#include "adapters/stripe/stripe.hpp"

namespace purser::stripe {
namespace {

// How much earlier than our clock says Stripe's may have made a session.
constexpr Millis kClockSlack{3600LL * 1000};
constexpr std::string_view kSessions = "/checkout/sessions";

// A subscription's session has no payment of its own whose metadata could be set.
void add_subscription(Form& form, const app::NewCheckoutSession& session) {
  form.add({"subscription_data", "metadata", "purser_checkout"}, session.reference);
  if (session.trial_days) {
    form.add({"subscription_data", "trial_period_days"}, *session.trial_days);
  } else if (session.trial_end) {
    form.add({"subscription_data", "trial_end"}, to_seconds(*session.trial_end));
  }
}

Form session_form(const app::NewCheckoutSession& session) {
  Form form;
  form.add({"mode"}, session.is_subscription ? "subscription" : "payment")
      .add({"customer"}, session.customer)
      .add({"line_items", "0", "price"}, session.price)
      .add({"line_items", "0", "quantity"}, session.quantity);
  if (session.is_embedded) {
    form.add({"ui_mode"}, "embedded").add({"return_url"}, session.success_url);
  } else {
    form.add({"success_url"}, session.success_url).add({"cancel_url"}, session.cancel_url);
  }
  form.add({"client_reference_id"}, session.reference)
      .add({"metadata", "purser_checkout"}, session.reference);
  if (session.is_subscription) {
    add_subscription(form, session);
  } else {
    form.add({"payment_intent_data", "metadata", "purser_checkout"}, session.reference);
  }
  return form;
}

/// One page of a customer's sessions, newest first.
struct SessionPage {
  std::optional<json::Value> found;
  std::string last_id;
  bool go_on = false;
};

Result<SessionPage> search_page(const json::Value& list, const std::string& reference,
                                Timestamp asked_at) {
  SessionPage page;
  PURSER_TRY(const json::Array* rows, rows_of(&list, "a list of checkout sessions"));
  const std::int64_t oldest = to_seconds(asked_at + Millis{-kClockSlack.count});
  page.go_on = list.bool_at("has_more").value_or(false) && !rows->empty();
  for (const json::Value& row : *rows) {
    PURSER_TRY(page.last_id, read_id(row));
    if (row.string_at("client_reference_id") == reference) {
      page.found = row;
      return page;
    }
    if (row.int_at("created").value_or(oldest) < oldest) page.go_on = false;
  }
  return page;
}

}  // namespace

Result<std::string> Stripe::create_customer(const app::ProviderCredentials& as,
                                            const app::NewRemoteCustomer& customer,
                                            const std::string& idempotency_key) {
  Form form;
  // An empty value would ask Stripe to unset the field.
  if (!customer.display_name.empty()) form.add({"name"}, customer.display_name);
  if (customer.email && !customer.email->empty()) form.add({"email"}, *customer.email);
  for (const auto& [key, value] : customer.metadata) form.add({"metadata", key}, value);
  return make_object(as, {"/customers", form, idempotency_key});
}

Result<std::string> Stripe::create_product(const app::ProviderCredentials& as,
                                           const std::string& name, const std::string& reference,
                                           const std::string& idempotency_key) {
  Form form;
  form.add({"name"}, name).add({"metadata", "purser_product"}, reference);
  return make_object(as, {"/products", form, idempotency_key});
}

Result<std::string> Stripe::create_price(const app::ProviderCredentials& as,
                                         const app::NewRemotePrice& price,
                                         const std::string& idempotency_key) {
  Form form;
  form.add({"product"}, price.product)
      .add({"unit_amount"}, price.amount.minor_units())
      .add({"currency"}, price.amount.currency().lower());
  if (price.interval) {
    form.add({"recurring", "interval"}, to_string(price.interval->unit))
        .add({"recurring", "interval_count"}, price.interval->count);
  }
  form.add({"metadata", "purser_price"}, price.reference);
  return make_object(as, {"/prices", form, idempotency_key});
}

Result<app::RemoteCheckoutSession> Stripe::create_checkout_session(
    const app::ProviderCredentials& as, const app::NewCheckoutSession& session,
    const std::string& idempotency_key) {
  const Timestamp now = clock_.now();
  const Timestamp asked_at = session.asked_at == Timestamp{} ? now : session.asked_at;
  const LookUp look_up = [&] { return find_session(as, session, asked_at); };
  if (may_be_forgotten(asked_at, now)) {
    PURSER_TRY(const auto found, look_up());
    if (found) return read_checkout_session(*found);
  }
  const Post post{std::string(kSessions), session_form(session), idempotency_key};
  PURSER_TRY(const json::Value object, make(as, post, look_up));
  return read_checkout_session(object);
}

Result<std::optional<json::Value>> Stripe::find_session(const app::ProviderCredentials& as,
                                                        const app::NewCheckoutSession& session,
                                                        Timestamp asked_at) {
  Form query;
  query.add({"customer"}, session.customer).add({"limit"}, kPageSize);
  for (int i = 0; i < kMaxPages; ++i) {
    PURSER_TRY(const json::Value list, client_.get(as, with_query(std::string(kSessions), query)));
    PURSER_TRY(SessionPage page, search_page(list, session.reference, asked_at));
    if (page.found || !page.go_on) return std::move(page.found);
    query = Form();
    query.add({"customer"}, session.customer)
        .add({"limit"}, kPageSize)
        .add({"starting_after"}, page.last_id);
  }
  return Error(ErrorCode::kPaymentProviderUnavailable,
               "The customer has too many checkouts to find this one again; start a new one.", {},
               LogDetail("gave up the look-up of checkout " + session.reference));
}

Result<app::RemoteCheckoutSession> Stripe::checkout_session(const app::ProviderCredentials& as,
                                                            const std::string& id) {
  PURSER_TRY(const json::Value object, fetch(as, kSessions, id));
  return read_checkout_session(object);
}

Status Stripe::expire_checkout_session(const app::ProviderCredentials& as, const std::string& id,
                                       const std::string& idempotency_key) {
  PURSER_TRY(const std::string path, path_with_id(kSessions, id));
  const auto expired = make(as, {path + "/expire", {}, idempotency_key});
  if (expired) return {};
  if (expired.error().code != ErrorCode::kPaymentProviderRefused) return expired.error();
  // Refused for one that is closed already, whichever way.
  PURSER_TRY(const app::RemoteCheckoutSession session, checkout_session(as, id));
  if (session.status == app::RemoteCheckoutSession::Status::kOpen) return expired.error();
  return {};
}

}  // namespace purser::stripe
