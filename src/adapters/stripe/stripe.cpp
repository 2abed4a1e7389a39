#include "adapters/stripe/stripe.hpp"

#include <chrono>

#include "adapters/stripe/form.hpp"
#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/signature.hpp"

namespace purser::stripe {
namespace {

// Stripe may forget an idempotency key after 24 hours; an hour less for clocks that differ and for
// the time that a call takes. Source: https://docs.stripe.com/api/idempotent_requests
constexpr Millis kKeyTrust{23LL * 3600 * 1000};
constexpr Millis kClockSlack{3600LL * 1000};
constexpr int kMaxPages = 20;
constexpr int kMaxKeys = 4;
constexpr std::int64_t kPageSize = 100;

// What the inbox acts on.
constexpr std::string_view kHandledEvents[] = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
};

CurlTransportOptions transport_options(const StripeOptions& options) {
  CurlTransportOptions out;
  out.base_url = options.base_url;
  out.ca_file = options.ca_file;
  out.connect_timeout = options.connect_timeout;
  out.request_timeout = options.request_timeout;
  out.max_response_bytes = options.max_response_bytes;
  return out;
}

// "/checkout/sessions/" + nothing would be another route: the list.
Result<std::string> path_with_id(std::string_view collection, const std::string& id) {
  if (id.empty()) return Error::internal("no id of a Stripe object to look at");
  return std::string(collection) + '/' + percent_encode(id);
}

bool was_refused_as(const Error& error, std::string_view provider_code) {
  if (error.code != ErrorCode::kPaymentProviderRefused) return false;
  for (const auto& [name, value] : error.details) {
    const auto* text = std::get_if<std::string>(&value);
    if (name == "provider_code" && text != nullptr && *text == provider_code) return true;
  }
  return false;
}

Form session_form(const app::NewCheckoutSession& session) {
  Form form;
  form.add({"mode"}, "payment")
      .add({"customer"}, session.customer)
      .add({"line_items", "0", "price"}, session.price)
      .add({"line_items", "0", "quantity"}, session.quantity)
      .add({"success_url"}, session.success_url)
      .add({"cancel_url"}, session.cancel_url)
      .add({"client_reference_id"}, session.reference)
      .add({"metadata", "purser_checkout"}, session.reference)
      .add({"payment_intent_data", "metadata", "purser_checkout"}, session.reference);
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
  const json::Value* data = list.find("data");
  const json::Array* rows = data == nullptr ? nullptr : data->as_array();
  if (rows == nullptr) {
    return Error(ErrorCode::kPaymentProviderUnavailable, "Stripe's answer could not be read.", {},
                 LogDetail("a list of checkout sessions without data"));
  }
  const std::int64_t oldest = (asked_at + Millis{-kClockSlack.count}).millis() / 1000;
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

Result<std::unique_ptr<Stripe>> Stripe::create(StripeOptions options, const app::Clock& clock) {
  PURSER_TRY(auto transport, CurlTransport::create(transport_options(options)));
  return std::make_unique<Stripe>(std::move(options), std::move(transport), clock);
}

Stripe::Stripe(StripeOptions options, std::unique_ptr<Transport> transport, const app::Clock& clock)
    : options_(std::move(options)),
      transport_(std::move(transport)),
      clock_(clock),
      client_(*transport_, options_.retry, options_.api_version,
              [this](Millis delay) { return wait(delay); }) {}

Stripe::~Stripe() { stop(); }

void Stripe::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  transport_->stop();
}

bool Stripe::wait(Millis delay) {
  if (options_.wait) return options_.wait(delay);
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, std::chrono::milliseconds(delay.count),
                            [this] { return stopping_; });
}

Result<app::ProviderAccount> Stripe::account(const app::ProviderCredentials& as) {
  PURSER_TRY(const json::Value object, client_.get(as, "/account"));
  app::ProviderAccount account;
  PURSER_TRY(account.id, read_id(object));
  // The account object is the same in both modes; the key's prefix (sk_live_, rk_live_) tells
  // which.
  account.livemode = as.secret_key.reveal().find("_live_") != std::string::npos;
  return account;
}

Result<std::string> Stripe::create_object(const app::ProviderCredentials& as,
                                          const std::string& path, const Form& form,
                                          const std::string& idempotency_key) {
  PURSER_TRY(const json::Value object, make(as, path, form, idempotency_key));
  return read_id(object);
}

// Only for what may be done under two keys without harm, if need be after a look-up.
Result<json::Value> Stripe::make(const app::ProviderCredentials& as, const std::string& path,
                                 const Form& form, const std::string& idempotency_key,
                                 const LookUp& look_up) {
  for (int generation = 1;; ++generation) {
    const std::string key =
        generation == 1 ? idempotency_key : idempotency_key + '-' + std::to_string(generation);
    bool key_is_spent = false;
    auto made = client_.post(as, path, form, key, key_is_spent);
    if (made || !key_is_spent || generation == kMaxKeys) return made;
    if (!look_up) continue;
    PURSER_TRY(auto found, look_up());
    if (found) return *std::move(found);
  }
}

Result<std::string> Stripe::create_customer(const app::ProviderCredentials& as,
                                            const app::NewRemoteCustomer& customer,
                                            const std::string& idempotency_key) {
  Form form;
  // An empty value would ask Stripe to unset the field.
  if (!customer.display_name.empty()) form.add({"name"}, customer.display_name);
  if (customer.email && !customer.email->empty()) form.add({"email"}, *customer.email);
  for (const auto& [key, value] : customer.metadata) form.add({"metadata", key}, value);
  return create_object(as, "/customers", form, idempotency_key);
}

Result<std::string> Stripe::create_product(const app::ProviderCredentials& as,
                                           const std::string& name, const std::string& reference,
                                           const std::string& idempotency_key) {
  Form form;
  form.add({"name"}, name).add({"metadata", "purser_product"}, reference);
  return create_object(as, "/products", form, idempotency_key);
}

Result<std::string> Stripe::create_price(const app::ProviderCredentials& as,
                                         const std::string& product, const Money& amount,
                                         const std::string& reference,
                                         const std::string& idempotency_key) {
  Form form;
  form.add({"product"}, product)
      .add({"unit_amount"}, amount.minor_units())
      .add({"currency"}, amount.currency().lower())
      .add({"metadata", "purser_price"}, reference);
  return create_object(as, "/prices", form, idempotency_key);
}

Result<app::RemoteCheckoutSession> Stripe::create_checkout_session(
    const app::ProviderCredentials& as, const app::NewCheckoutSession& session,
    const std::string& idempotency_key) {
  const Timestamp now = clock_.now();
  const Timestamp asked_at = session.asked_at == Timestamp{} ? now : session.asked_at;
  const LookUp look_up = [&] { return find_session(as, session, asked_at); };
  if (now - asked_at > kKeyTrust) {
    PURSER_TRY(const auto found, look_up());
    if (found) return read_checkout_session(*found);
  }
  PURSER_TRY(const json::Value object,
             make(as, "/checkout/sessions", session_form(session), idempotency_key, look_up));
  return read_checkout_session(object);
}

Result<std::optional<json::Value>> Stripe::find_session(const app::ProviderCredentials& as,
                                                        const app::NewCheckoutSession& session,
                                                        Timestamp asked_at) {
  std::string after;
  for (int i = 0; i < kMaxPages; ++i) {
    PURSER_TRY(const json::Value list,
               client_.get(as, "/checkout/sessions?customer=" + percent_encode(session.customer) +
                                   "&limit=" + std::to_string(kPageSize) + after));
    PURSER_TRY(SessionPage page, search_page(list, session.reference, asked_at));
    if (page.found || !page.go_on) return std::move(page.found);
    after = "&starting_after=" + percent_encode(page.last_id);
  }
  return Error(ErrorCode::kPaymentProviderUnavailable,
               "The customer has too many checkouts to find this one again; start a new one.", {},
               LogDetail("gave up the look-up of checkout " + session.reference));
}

Result<app::RemoteCheckoutSession> Stripe::checkout_session(const app::ProviderCredentials& as,
                                                            const std::string& id) {
  PURSER_TRY(const std::string path, path_with_id("/checkout/sessions", id));
  PURSER_TRY(const json::Value object, client_.get(as, path));
  PURSER_TRY(auto session, read_checkout_session(object));
  if (session.id != id) {
    return Error(ErrorCode::kPaymentProviderUnavailable, "Stripe's answer could not be read.", {},
                 LogDetail("asked for session " + id + " and was given another one"));
  }
  return session;
}

Status Stripe::refund_payment(const app::ProviderCredentials& as, const std::string& payment_ref,
                              const std::string& idempotency_key) {
  Form form;
  form.add({"payment_intent"}, payment_ref);
  auto answer = make(as, "/refunds", form, idempotency_key);
  if (!answer) {
    // The money is back already, by an earlier call whose key Stripe has forgotten or by hand.
    if (was_refused_as(answer.error(), "charge_already_refunded")) return {};
    return std::move(answer).error();
  }
  const std::string status = answer->string_at("status").value_or("");
  if (status == "succeeded" || status == "pending" || status == "requires_action") return {};
  if (status != "failed" && status != "canceled") {
    return Error(ErrorCode::kPaymentProviderUnavailable, "Stripe's answer could not be read.", {},
                 LogDetail("a refund without a known status"));
  }
  return Error(ErrorCode::kPaymentProviderRefused,
               "Stripe refused the request; details.provider_message says why.",
               {{"provider_code", answer->string_at("failure_reason").value_or(status)},
                {"provider_message", "The refund of " + payment_ref + " is " + status + '.'}});
}

Result<app::RemoteWebhookEndpoint> Stripe::create_webhook_endpoint(
    const app::ProviderCredentials& as, const std::string& url,
    const std::string& idempotency_key) {
  Form form;
  form.add({"url"}, url).add({"api_version"}, options_.api_version);
  std::int64_t index = 0;
  for (const std::string_view type : kHandledEvents) {
    form.add({"enabled_events", std::to_string(index++)}, type);
  }
  // Not under a second key: a second endpoint would be sent everything twice.
  bool key_is_spent = false;
  PURSER_TRY(const json::Value object,
             client_.post(as, "/webhook_endpoints", form, idempotency_key, key_is_spent));
  return read_webhook_endpoint(object);
}

Result<app::ProviderEvent> Stripe::verify_event(const std::string& payload,
                                                const std::string& signature_header,
                                                const std::vector<Secret>& secrets, Timestamp now) {
  PURSER_CHECK_OK(verify_signature(payload, signature_header, secrets, now));
  return read_event(payload);
}

}  // namespace purser::stripe
