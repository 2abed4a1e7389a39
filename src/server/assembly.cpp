#include "server/assembly.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/jwks/access_tokens.hpp"
#include "adapters/jwks/http_fetch.hpp"
#include "adapters/stripe/stripe.hpp"
#include "adapters/system/clocks.hpp"
#include "adapters/system/random_ids.hpp"
#include "adapters/webhooks/sender.hpp"
#include "app/access.hpp"
#include "app/billing.hpp"
#include "app/courier.hpp"
#include "app/endpoints.hpp"
#include "app/engine.hpp"
#include "app/intentions.hpp"
#include "app/items.hpp"
#include "app/people.hpp"
#include "app/projects.hpp"
#include "app/provider_access.hpp"
#include "app/reconciler.hpp"
#include "app/refunds.hpp"
#include "app/registry.hpp"
#include "app/sales.hpp"
#include "app/subscriptions.hpp"
#include "app/webhooks.hpp"
#include "app/worker.hpp"
#include "http/api.hpp"
#include "http/compat/authenticate.hpp"
#include "http/compat/protocol.hpp"
#include "net/server.hpp"
#include "sandbox/sandbox.hpp"
#include "server/request_log.hpp"
#include "server/sandbox_payments.hpp"
#include "server/stores.hpp"
#include "server/task_log.hpp"

namespace purser::server {
namespace {

constexpr int kRound = 100;        // how much one round of a background task takes on
constexpr int kObjectsAtOnce = 8;  // of the provider's, while events are processed
constexpr std::int64_t kWorkerIdleMs = 1'000;
constexpr std::int64_t kReconcileIdleMs = 60'000;
constexpr Millis kCourierIdle{2'000};  // other nodes may have queued or left something
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr std::chrono::milliseconds kSandboxDrain{1'000};
constexpr std::chrono::milliseconds kCourierDrain{3'000};

std::string url_of(const std::string& host, std::uint16_t port) {
  // A wildcard address is not one to connect to.
  if (host == "0.0.0.0" || host == "::") return fmt::format("http://127.0.0.1:{}", port);
  if (host.find(':') != std::string::npos) return fmt::format("http://[{}]:{}", host, port);
  return fmt::format("http://{}:{}", host, port);
}

/// The parts of a server in the order in which they are made; they go in the opposite one.
class Server final : public Assembly {
 public:
  Server(const Settings& settings, const DataFolder& folder, Purpose purpose)
      : settings_(settings), folder_(folder), purpose_(purpose) {}
  ~Server() override { Server::drain(); }

  Status start();

  std::string url() const override { return url_; }
  std::string sandbox_url() const override { return sandbox_ ? sandbox_->url() : std::string(); }
  app::Store& store() override { return *store_; }
  void drain() override;

 private:
  bool is_serving() const { return purpose_ == Purpose::kServing; }
  Status open_store();
  Status listen();
  Status start_sandbox();
  Status connect_stripe();
  Status make_use_cases();
  Status fix_internal_keys();
  void make_payment_use_cases();
  Status make_courier();
  void start_worker();
  void start_courier();
  void wake_worker();
  void wake_courier();
  http::ApiDependencies api_dependencies();
  app::DefaultPayments default_payments();
  Status set_clock(Timestamp now);
  Result<int> forget_old_replies();

  const Settings& settings_;
  const DataFolder& folder_;
  const Purpose purpose_;
  Secret encryption_key_;
  std::string url_;
  std::string public_url_;

  std::unique_ptr<app::Clock> clock_;
  system::ManualClock* manual_clock_ = nullptr;  // the same object, when it is one
  std::mutex clock_mutex_;                       // held while it is moved
  const app::Clock* time_ = nullptr;             // the store's: what everything goes by
  system::RandomIds ids_;
  const std::string instance_ = ids_.unique_id();
  std::unique_ptr<app::Store> store_;
  std::unique_ptr<app::Engine> engine_;
  std::unique_ptr<app::Registry> registry_;
  std::atomic<http::Api*> serving_api_{nullptr};
  std::unique_ptr<net::Server> listener_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<SandboxPayments> sandbox_payments_;
  std::unique_ptr<stripe::Stripe> stripe_;
  std::unique_ptr<app::HttpFetch> fetch_;
  std::unique_ptr<app::AccessTokens> tokens_;
  std::unique_ptr<app::Access> access_;
  std::unique_ptr<app::Items> items_;
  std::unique_ptr<app::Projects> projects_;
  std::unique_ptr<app::People> people_;
  std::unique_ptr<app::Sessions> sessions_;
  std::unique_ptr<app::ProviderAccess> provider_access_;
  std::unique_ptr<app::Sales> sales_;
  std::unique_ptr<app::Intentions> intentions_;
  std::unique_ptr<app::Subscriptions> subscriptions_;
  std::unique_ptr<app::Refunds> refunds_;
  std::unique_ptr<app::Billing> billing_;
  std::unique_ptr<app::Onboarding> onboarding_;
  std::unique_ptr<app::Webhooks> webhooks_;
  std::unique_ptr<webhooks::Sender> sender_;
  std::unique_ptr<app::Endpoints> endpoints_;
  std::unique_ptr<app::Courier> courier_;
  std::unique_ptr<app::Reconciler> reconciler_;
  std::unique_ptr<app::Worker> worker_;
  std::unique_ptr<app::Worker> reconcile_worker_;  // its own: it may take minutes
  std::unique_ptr<app::Worker> courier_worker_;    // its own: no provider makes events late
  // The same, for the sender's thread, which may have an answer before it is in its place.
  std::atomic<app::Worker*> awake_courier_ = nullptr;
  std::unique_ptr<http::Api> api_;
  bool drained_ = false;
};

Status Server::start() {
  PURSER_TRY(encryption_key_, folder_.encryption_key(settings_));
  PURSER_CHECK_OK(open_store());
  PURSER_CHECK_OK(listen());
  PURSER_CHECK_OK(start_sandbox());
  PURSER_CHECK_OK(connect_stripe());
  PURSER_CHECK_OK(make_use_cases());
  if (is_serving()) {
    PURSER_CHECK_OK(fix_internal_keys());
    start_worker();  // before requests come that wake it
    start_courier();
    PURSER_CHECK_OK(folder_.keep_instance(instance_));
  }
  api_ = std::make_unique<http::Api>(api_dependencies());
  api_->set_ready(true);
  serving_api_ = api_.get();
  return {};
}

Status Server::open_store() {
  if (settings_.text(setting("clock")) == "manual") {
    PURSER_TRY(const Timestamp start, folder_.manual_time(system::SystemClock().now()));
    auto manual = std::make_unique<system::ManualClock>(start);
    manual_clock_ = manual.get();
    clock_ = std::move(manual);
  } else {
    clock_ = std::make_unique<system::SystemClock>();
  }
  const auto together = [](const std::function<void()>& release) {
    const net::ResponseBatch batch;  // one wake-up of the I/O thread for all of them
    release();
  };
  PURSER_TRY(OpenedStore opened, server::open_store(settings_, *clock_, instance_,
                                                    {together, [this] { wake_courier(); }}));
  store_ = std::move(opened.store);
  time_ = opened.clock;
  PURSER_CHECK_OK(check_encryption_key(*store_, encryption_key_));
  app::EngineOptions engine;
  engine.queue_limit = static_cast<std::size_t>(settings_.integer(setting("engine.queue_limit")));
  engine.batch_limit = static_cast<std::size_t>(settings_.integer(setting("engine.batch_limit")));
  engine.instance = instance_;
  engine.predecessor = folder_.predecessor();
  engine.around_release = together;
  engine_ = std::make_unique<app::Engine>(*store_, std::move(engine));
  PURSER_TRY(registry_, app::Registry::load(*store_));
  return {};
}

/// Binds first and answers 503 until the rest stands: with port 0 the others need to know the port.
Status Server::listen() {
  net::ServerOptions options;
  const ListenAddress address =
      is_serving() ? settings_.address(setting("http.listen")) : ListenAddress{"127.0.0.1", 0};
  options.host = address.host;
  options.port = address.port;
  options.threads = static_cast<int>(settings_.integer(setting("http.threads")));
  options.max_body_bytes =
      static_cast<std::size_t>(settings_.integer(setting("http.max_body_bytes")));
  options.request_timeout =
      std::chrono::milliseconds(settings_.integer(setting("http.request_timeout_ms")));
  options.idle_timeout =
      std::chrono::milliseconds(settings_.integer(setting("http.idle_timeout_ms")));
  options.max_connections =
      static_cast<std::size_t>(settings_.integer(setting("http.max_connections")));
  options.refusal = [this](int status) {
    http::Api* api = serving_api_.load();
    net::Response response;
    if (api != nullptr) return api->refusal(status);
    response.status = status;
    return response;
  };
  PURSER_TRY(listener_,
             net::Server::start(options, [this](net::Request request, net::Responder respond) {
               http::Api* api = serving_api_.load();
               if (api != nullptr) return api->handle(std::move(request), std::move(respond));
               net::Response starting;
               starting.status = 503;
               starting.headers.push_back({"retry-after", "1"});
               starting.body = R"({"code":"STORE_UNAVAILABLE","error":"The server is starting."})";
               respond(std::move(starting));
             }));
  url_ = url_of(listener_->host(), listener_->port());
  public_url_ = settings_.text(setting("http.public_url"));
  if (public_url_.empty()) public_url_ = url_;
  return {};
}

Status Server::start_sandbox() {
  const bool elsewhere =
      settings_.has(setting("stripe.base_url")) || settings_.has(setting("stripe.secret_key"));
  if (!is_serving() || elsewhere || !settings_.boolean(setting("sandbox.enabled"))) return {};
  const ListenAddress address = settings_.address(setting("sandbox.listen"));
  sandbox::SandboxOptions options;
  options.host = address.host;
  options.port = address.port;
  options.state_file = folder_.file("sandbox.json");
  options.now_millis = [this] { return time_->now().millis(); };
  PURSER_TRY(sandbox_, sandbox::Sandbox::start(options));
  // The sandbox delivers to where this server listens, not to a public name that may lead
  // elsewhere.
  PURSER_TRY(sandbox_payments_, SandboxPayments::open({sandbox_->url(), url_, encryption_key_,
                                                       folder_.file("sandbox-webhooks.json")}));
  return {};
}

Status Server::connect_stripe() {
  stripe::StripeOptions options;
  const std::string configured = settings_.text(setting("stripe.base_url"));
  if (!configured.empty()) {
    options.base_url = configured;
  } else if (sandbox_) {
    options.base_url = sandbox_->url();
  }
  PURSER_TRY(stripe_, stripe::Stripe::create(std::move(options), *time_));
  return {};
}

app::DefaultPayments Server::default_payments() {
  app::DefaultPayments payments;
  if (sandbox_payments_) {
    payments.credentials = [this](const ProjectId& project) -> Result<app::ProviderCredentials> {
      PURSER_TRY(Secret key, sandbox_payments_->key(project));
      return app::ProviderCredentials{std::move(key), ""};
    };
    payments.webhook_secrets = [this](const ProjectId& project) -> Result<std::vector<Secret>> {
      return sandbox_payments_->webhook_secrets(project);
    };
  } else if (settings_.has(setting("stripe.secret_key"))) {
    payments.credentials = [this](const ProjectId&) -> Result<app::ProviderCredentials> {
      return app::ProviderCredentials{settings_.secret(setting("stripe.secret_key")), ""};
    };
    payments.webhook_secrets = [this](const ProjectId&) -> Result<std::vector<Secret>> {
      return settings_.secrets(setting("stripe.webhook_secret"));
    };
  }
  return payments;
}

Status Server::make_use_cases() {
  jwks::HttpFetchOptions fetch;
  fetch.allow_private = settings_.boolean(setting("oidc.allow_private_addresses"));
  fetch_ = std::make_unique<jwks::HttpFetch>(std::move(fetch));
  tokens_ = std::make_unique<jwks::AccessTokens>(*fetch_);
  access_ = std::make_unique<app::Access>(*registry_, *store_, *engine_, *tokens_, *time_, ids_,
                                          public_url_);
  items_ = std::make_unique<app::Items>(*store_, *time_);
  projects_ = std::make_unique<app::Projects>(*engine_, *store_, *registry_, *tokens_, ids_,
                                              encryption_key_, default_payments());
  people_ = std::make_unique<app::People>(ids_);
  app::SessionOptions sessions;
  sessions.access_token_ttl_s = settings_.integer(setting("sessions.access_token_ttl_s"));
  sessions.refresh_token_ttl_s =
      settings_.integer(setting("sessions.refresh_token_ttl_days")) * (kDayMs / 1000);
  sessions.public_url = public_url_;
  sessions_ = std::make_unique<app::Sessions>(*store_, *registry_, *tokens_, *time_, ids_,
                                              encryption_key_, sessions);
  make_payment_use_cases();
  return make_courier();
}

Status Server::make_courier() {
  webhooks::SenderOptions sender;
  sender.user_agent = "Purser/" PURSER_VERSION;
  PURSER_TRY(sender_, webhooks::Sender::create(std::move(sender)));
  endpoints_ = std::make_unique<app::Endpoints>(*store_, *sender_, ids_, encryption_key_);
  app::CourierOptions courier;
  courier.encryption_key = encryption_key_;
  courier.retention = Millis{settings_.integer(setting("events.retention_days")) * kDayMs};
  courier_ = std::make_unique<app::Courier>(*engine_, *store_, *registry_, *sender_, *time_,
                                            std::move(courier), [this] { wake_courier(); });
  return {};
}

/// Keys that are no longer configured stop here too.
Status Server::fix_internal_keys() {
  const auto texts = settings_.secrets(setting("compat.internal_project_keys"));
  app::FixedKeys keys;
  if (!texts.empty()) {
    if (texts.size() != 3) {
      return Error{ErrorCode::kSchemaError,
                   "compat.internal_project_keys must have three keys: client, server, admin."};
    }
    keys = {texts[0], texts[1], texts[2]};
  }
  const auto fix = [&](app::StoreBatch& batch) -> Result<app::Decision> {
    app::Decision decision;
    PURSER_CHECK_OK(projects_->put_fixed_keys(batch, ProjectId(http::compat::kInternalProject),
                                              keys, decision.after_commit));
    return decision;
  };
  auto fixed = engine_->execute(std::nullopt, fix);
  if (!fixed) return std::move(fixed).error();
  return {};
}

void Server::make_payment_use_cases() {
  provider_access_ = std::make_unique<app::ProviderAccess>(*engine_, *projects_, *stripe_);
  app::ProviderAccess& provider = *provider_access_;
  sales_ = std::make_unique<app::Sales>(*engine_, *store_, *registry_, provider, *time_, ids_,
                                        public_url_);
  intentions_ = std::make_unique<app::Intentions>(*engine_, *store_, *registry_, provider, *time_);
  subscriptions_ = std::make_unique<app::Subscriptions>(*engine_, *store_, *registry_, provider,
                                                        *sales_, *time_, ids_);
  refunds_ = std::make_unique<app::Refunds>(*engine_, *store_, *registry_, provider, *time_, ids_);
  billing_ = std::make_unique<app::Billing>(*engine_, *store_, provider, ids_);
  onboarding_ = std::make_unique<app::Onboarding>(*engine_, *projects_, provider, public_url_);
  webhooks_ = std::make_unique<app::Webhooks>(
      *engine_, *store_, *registry_, *projects_, *stripe_,
      app::Webhooks::Handlers{*sales_, *subscriptions_, *refunds_}, *time_,
      [this] { wake_worker(); }, kObjectsAtOnce);
  reconciler_ = std::make_unique<app::Reconciler>(*engine_, *store_, *registry_, provider,
                                                  *webhooks_, *time_);
}

http::ApiDependencies Server::api_dependencies() {
  http::ApiDependencies needs{.engine = *engine_,
                              .store = *store_,
                              .registry = *registry_,
                              .access = *access_,
                              .items = *items_,
                              .projects = *projects_,
                              .people = *people_,
                              .sessions = *sessions_,
                              .sales = *sales_,
                              .subscriptions = *subscriptions_,
                              .refunds = *refunds_,
                              .billing = *billing_,
                              .onboarding = *onboarding_,
                              .webhooks = *webhooks_,
                              .endpoints = *endpoints_,
                              .reconciler = *reconciler_,
                              .clock = *time_,
                              .ids = ids_};
  needs.root_key_hash = crypto::sha256(folder_.root_key().reveal());
  needs.encryption_key = encryption_key_;
  needs.public_url = public_url_;
  needs.version = PURSER_VERSION;
  needs.log = log_request;
  needs.dialect = &http::compat::protocol();
  needs.workers.threads = static_cast<std::size_t>(settings_.integer(setting("workers")));
  if (manual_clock_ != nullptr) {
    needs.hooks.set_clock = [this](Timestamp now) { return set_clock(now); };
  }
  needs.hooks.open_connections = [this] { return listener_->open_connections(); };
  return needs;
}

Status Server::set_clock(Timestamp now) {
  const std::lock_guard moving(clock_mutex_);
  // Kept first: nothing may be dated later than where a restart begins.
  if (now > manual_clock_->now()) PURSER_CHECK_OK(folder_.keep_manual_time(now));
  PURSER_CHECK_OK(manual_clock_->set(now));
  wake_worker();
  wake_courier();
  return {};
}

Result<int> Server::forget_old_replies() {
  const Timestamp before =
      time_->now() + Millis{-settings_.integer(setting("idempotency.retention_days")) * kDayMs};
  int forgotten = 0;
  PURSER_CHECK_OK(engine_->apply([&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(forgotten, batch.purge_idempotency(before, kRound));
    return {};
  }));
  return forgotten;
}

/// Requests are answered before the worker stands and while it stops.
void Server::wake_worker() {
  if (worker_) worker_->poke();
}

void Server::start_worker() {
  std::vector<app::Worker::Task> tasks;
  tasks.push_back({"webhooks", [this] { return webhooks_->process(kRound); }});
  tasks.push_back({"intentions", [this] { return intentions_->perform(kRound); }});
  tasks.push_back({"checkouts", [this] { return sales_->sweep_checkouts(kRound); }});
  tasks.push_back({"subscriptions", [this] { return subscriptions_->sweep(kRound); }});
  tasks.push_back({"used keys", [this]() -> Result<int> {
                     PURSER_CHECK_OK(projects_->flush_used_keys());
                     return 0;
                   }});
  tasks.push_back({"old replies", [this] { return forget_old_replies(); }});
  tasks.push_back({"old events", [this] { return courier_->forget_old(kRound); }});
  worker_ = std::make_unique<app::Worker>(std::move(tasks), kWorkerIdleMs, log_failed_task);
  tasks.assign(1, {"reconcile", [this]() -> Result<int> {
                     PURSER_CHECK_OK(reconciler_->sweep(log_drift));
                     return 0;  // until a minute later
                   }});
  reconcile_worker_ =
      std::make_unique<app::Worker>(std::move(tasks), kReconcileIdleMs, log_failed_task);
}

void Server::wake_courier() {
  if (app::Worker* worker = awake_courier_.load()) worker->poke();
}

void Server::start_courier() {
  std::vector<app::Worker::Task> tasks;
  tasks.push_back({"events", [this] { return courier_->deliver(); }});
  courier_worker_ = std::make_unique<app::Worker>(
      std::move(tasks), [this] { return courier_->idle(kCourierIdle); }, log_failed_task);
  awake_courier_ = courier_worker_.get();
}

void Server::drain() {
  if (drained_) return;
  drained_ = true;
  const std::chrono::milliseconds announce(settings_.integer(setting("drain.announce_ms")));
  const std::chrono::milliseconds deadline(settings_.integer(setting("drain.deadline_ms")));
  if (api_) api_->set_ready(false);
  // A load balancer asks now and then: until it has heard, it goes on sending.
  // tidy: allow sleep: nothing tells what others have heard
  if (listener_) std::this_thread::sleep_for(announce);
  if (sandbox_) sandbox_->drain(kSandboxDrain);
  if (listener_) listener_->drain(deadline);
  if (worker_) worker_->stop();
  if (courier_worker_) {
    courier_worker_->stop();
    courier_->drain(kCourierDrain);
  }
  if (sender_) sender_->stop();
  if (stripe_) stripe_->stop();  // what waits for it gives up
  if (reconcile_worker_) reconcile_worker_->stop();
  serving_api_ = nullptr;
  api_.reset();  // waits for requests that still run
  if (engine_) engine_->drain();
}

}  // namespace

Result<std::unique_ptr<Assembly>> Assembly::start(const Settings& settings,
                                                  const DataFolder& folder, Purpose purpose) {
  auto server = std::make_unique<Server>(settings, folder, purpose);
  PURSER_CHECK_OK(server->start());
  return std::unique_ptr<Assembly>(std::move(server));
}

}  // namespace purser::server
