#include "sandbox/courier.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "crypto/crypto.hpp"
#include "sandbox/api.hpp"
#include "sandbox/document.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kFirstPauseMs = 200;
constexpr std::int64_t kLongestPauseMs = 60'000;
constexpr std::int64_t kMaxAttempts = 20;
constexpr std::int64_t kReorderMs = 300;
constexpr long kTimeoutMs = 10'000;

struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

int stop_when_stopping(void* scheduler, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Scheduler*>(scheduler)->stopping() ? 1 : 0;
}

json::Array& deliveries_of(Record& event) { return *event.hidden.find("deliveries")->as_array(); }

bool is_pending(const json::Value& delivery) { return text_at(delivery, "state") == "pending"; }

}  // namespace

std::string sign_event(const std::string& secret, std::int64_t unix_seconds,
                       const std::string& body) {
  const std::string time = std::to_string(unix_seconds);
  const std::string mac = crypto::to_hex(crypto::hmac_sha256(secret, time + "." + body));
  // Stripe adds a meaningless v0 to test events, to find receivers that accept any scheme.
  const std::string old = crypto::to_hex(crypto::hmac_sha256("v0", time + "." + body));
  return "t=" + time + ",v1=" + mac + ",v0=" + old;
}

void Courier::resume() {
  const std::lock_guard lock(world_.mutex);
  for (const auto& [id, account] : world_.accounts()) {
    for (const auto& event : account->of(kEvent).in_order()) {
      json::Array& deliveries = deliveries_of(*event);
      for (std::size_t i = 0; i < deliveries.size(); ++i) {
        if (is_pending(deliveries[i])) schedule({id, event->id(), i}, 0);
      }
    }
  }
}

void Courier::take(const std::vector<std::pair<std::string, std::string>>& events) {
  for (const auto& [account_id, event_id] : events) {
    Account& account = *world_.find_account(account_id);
    Record& event = *world_.find(account, kEvent, event_id);
    for (std::size_t i = 0; i < deliveries_of(event).size(); ++i) send_out(account, event, i);
  }
}

void Courier::send_out(Account& account, Record& event, std::size_t delivery) {
  const auto fault = faults_.strike_event(text_at(event.doc, "type"));
  Job job{account.id, event.id(), delivery};
  if (!fault) return schedule(std::move(job), 0);
  switch (fault->kind) {
    case FaultKind::kHookLose:
      set(deliveries_of(event)[delivery], "state", "lost");
      return world_.changed(account, kEvent, event);
    case FaultKind::kHookDelay:
      return schedule(std::move(job), fault->delay_ms);
    case FaultKind::kHookReorder:
      return schedule(std::move(job), kReorderMs);
    case FaultKind::kHookForge:
      schedule_as(job, Guise::kForged);
      return schedule(std::move(job), 0);
    case FaultKind::kHookAccount:
      schedule_as(job, Guise::kOtherAccount);
      return schedule(std::move(job), 0);
    case FaultKind::kHookLivemode:
      schedule_as(job, Guise::kLivemode);
      return schedule(std::move(job), 0);
    case FaultKind::kHookReplay:
      job.replay_age = fault->age_seconds;
      return schedule(std::move(job), 0);
    default:  // twice
      schedule(job, 0);
      return schedule(std::move(job), 0);
  }
}

std::size_t Courier::redeliver(Account& account, Record& event) {
  add_new_endpoints(world_, account, event);
  json::Array& deliveries = deliveries_of(event);
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    set(deliveries[i], "state", "pending");
    set(deliveries[i], "attempts", 0);
    schedule({account.id, event.id(), i}, 0);
  }
  set(event.doc, "pending_webhooks", static_cast<std::int64_t>(deliveries.size()));
  world_.changed(account, kEvent, event);
  return deliveries.size();
}

void Courier::schedule_as(Job job, Guise guise) {
  job.guise = guise;
  schedule(std::move(job), 0);
}

void Courier::schedule(Job job, std::int64_t delay_ms) {
  scheduler_.run_after(std::chrono::milliseconds(delay_ms),
                       [this, job = std::move(job)] { run(job); });
}

void Courier::run(const Job& job) {
  const auto parcel = pack(job);
  if (!parcel) return;
  const bool delivered = post(*parcel, parcel->signature);
  if (job.guise == Guise::kReal && !scheduler_.stopping()) note(job, delivered);
  if (!parcel->old_signature.empty()) post(*parcel, parcel->old_signature);
}

// An event that is not the receiver's has an id of its own: it must not hide the real one.
std::string Courier::body_of(const Record& event, Guise guise) {
  if (guise != Guise::kOtherAccount && guise != Guise::kLivemode) return json::dump(event.doc);
  const bool live = guise == Guise::kLivemode;
  json::Value other = event.doc;
  set(other, "id", event.id() + (live ? "live" : "other"));
  if (live) {
    set(other, "livemode", true);
  } else {
    set(other, "account", "acct_1SomebodyElse00");
  }
  return json::dump(other);
}

std::optional<Courier::Parcel> Courier::pack(const Job& job) {
  const std::lock_guard lock(world_.mutex);
  Record& event = *world_.find(*world_.find_account(job.account), kEvent, job.event);
  const json::Value& delivery = deliveries_of(event).at(job.delivery);
  Account& owner = *world_.find_account(text_at(delivery, "account"));
  const Record* endpoint = world_.find(owner, kEndpoint, text_at(delivery, "endpoint"));
  if (endpoint->deleted() || text_at(endpoint->doc, "status") != "enabled") return std::nullopt;
  Parcel parcel;
  parcel.url = text_at(endpoint->doc, "url");
  parcel.body = body_of(event, job.guise);
  const std::string secret =
      job.guise == Guise::kForged ? "whsec_forged" : text_at(endpoint->hidden, "secret");
  parcel.signature = sign_event(secret, world_.now_seconds(), parcel.body);
  if (job.replay_age > 0) {
    parcel.old_signature = sign_event(secret, world_.now_seconds() - job.replay_age, parcel.body);
  }
  return parcel;
}

void Courier::note(const Job& job, bool delivered) {
  const std::lock_guard lock(world_.mutex);
  Account& account = *world_.find_account(job.account);
  Record& event = *world_.find(account, kEvent, job.event);
  json::Value& delivery = deliveries_of(event).at(job.delivery);
  const bool was_pending = is_pending(delivery);
  const std::int64_t attempts = int_at(delivery, "attempts") + 1;
  set(delivery, "attempts", attempts);
  if (was_pending && delivered) {
    set(delivery, "state", "delivered");
    set(event.doc, "pending_webhooks", int_at(event.doc, "pending_webhooks") - 1);
  } else if (was_pending && attempts >= kMaxAttempts) {
    set(delivery, "state", "failed");
  } else if (was_pending) {
    const std::int64_t doubled = kFirstPauseMs << std::min<std::int64_t>(attempts - 1, 20);
    Job again = job;
    again.replay_age = 0;
    schedule(std::move(again), std::min(doubled, kLongestPauseMs));
  }
  world_.changed(account, kEvent, event);
  // A mark that cannot be written costs a second delivery after a restart, which receivers must
  // bear.
  (void)world_.commit();
}

bool Courier::post(const Parcel& parcel, const std::string& signature) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, FreeCurl> curl(initialized == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) return false;
  curl_slist* raw = curl_slist_append(nullptr, "Content-Type: application/json; charset=utf-8");
  raw = curl_slist_append(raw, ("Stripe-Signature: " + signature).c_str());
  raw = curl_slist_append(raw, "User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)");
  raw = curl_slist_append(raw, "Expect:");
  const std::unique_ptr<curl_slist, FreeCurl> headers(raw);
  curl_easy_setopt(curl.get(), CURLOPT_URL, parcel.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(parcel.body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, parcel.body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, stop_when_stopping);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &scheduler_);
  if (curl_easy_perform(curl.get()) != CURLE_OK) return false;
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

}  // namespace purser::sandbox
