#include "adapters/stripe/stripe.hpp"

#include <chrono>

#include "adapters/stripe/calls.hpp"
#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"
#include "adapters/stripe/signature.hpp"

namespace purser::stripe {
namespace {

// How many keys of one call may be spent.
constexpr int kMaxKeys = 4;

// What the inbox acts on. Source: https://docs.stripe.com/api/events/types
constexpr std::string_view kHandledEvents[] = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.updated",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "account.updated",
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

Result<json::Value> Stripe::fetch(const app::ProviderCredentials& as, std::string_view collection,
                                  const std::string& id, const Form& query) {
  PURSER_TRY(const std::string path, path_with_id(collection, id));
  PURSER_TRY(json::Value object, client_.get(as, query.empty() ? path : with_query(path, query)));
  if (object.string_at("id") != id) return odd_answer("another object than " + id);
  return object;
}

Result<std::string> Stripe::make_object(const app::ProviderCredentials& as, const Post& what) {
  PURSER_TRY(const json::Value object, make(as, what));
  return read_id(object);
}

Result<json::Value> Stripe::make(const app::ProviderCredentials& as, const Post& what,
                                 const LookUp& look_up) {
  Post attempt = what;
  for (int generation = 1;; ++generation) {
    if (generation > 1) {
      attempt.idempotency_key = what.idempotency_key + '-' + std::to_string(generation);
    }
    bool key_is_spent = false;
    auto made = client_.post(as, attempt, key_is_spent);
    if (made || !key_is_spent || generation == kMaxKeys) return made;
    if (!look_up) continue;
    PURSER_TRY(auto found, look_up());
    if (found) return *std::move(found);
  }
}

Result<app::ProviderEventPage> Stripe::events(const app::ProviderCredentials& as, Timestamp since,
                                              const std::string& after) {
  Form query;
  query.add({"created", "gte"}, to_seconds(since)).add({"limit"}, kPageSize);
  if (!after.empty()) query.add({"starting_after"}, after);
  PURSER_TRY(const json::Value list, client_.get(as, with_query("/events", query)));
  PURSER_TRY(const json::Array* rows, rows_of(&list, "a list of events"));
  app::ProviderEventPage page;
  for (const json::Value& row : *rows) {
    auto event = read_event_object(row);
    const bool followed = event && event->about != app::ProviderObject::kOther;
    if (followed) page.events.push_back(*std::move(event));
  }
  if (rows->empty() || !list.bool_at("has_more").value_or(false)) return page;
  PURSER_TRY(page.next_after, read_id(rows->back()));
  return page;
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
             client_.post(as, {"/webhook_endpoints", form, idempotency_key}, key_is_spent));
  return read_webhook_endpoint(object);
}

Result<app::ProviderEvent> Stripe::verify_event(const std::string& payload,
                                                const std::string& signature_header,
                                                const std::vector<Secret>& secrets, Timestamp now) {
  PURSER_CHECK_OK(verify_signature(payload, signature_header, secrets, now));
  return read_event(payload);
}

}  // namespace purser::stripe
