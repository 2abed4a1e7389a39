#include "tests/app/world.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "adapters/sqlite/sqlite_store.hpp"

namespace purser::app::testing {
namespace {

constexpr std::int64_t kStart = 1'760'000'000'000;

[[noreturn]] void die(const std::string& what, const Error& error) {
  std::cerr << what << ": " << error.message << " " << error.log.for_log() << "\n";
  std::abort();
}
template <class T>
T must(const std::string& what, Result<T> result) {
  if (!result) die(what, result.error());
  return *std::move(result);
}
void must(const std::string& what, const Status& status) {
  if (!status) die(what, status.error());
}

std::string make_folder() {
  std::string path = (std::filesystem::temp_directory_path() / "purser_app_XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

}  // namespace

World::World() : clock(*Timestamp::from_millis(kStart)), folder_(make_folder()) {
  provider.now = [this] { return clock.now(); };
  open();
  NewProject wanted;
  wanted.id = project;
  wanted.display_name = "Shop";
  const auto created = must("create project", write<CreatedProject>([&](auto& batch, auto& after) {
                              return projects->create(batch, wanted, after);
                            }));
  keys = created.keys;
  SettingsChange change;
  change.stripe_secret_key = Secret("sk_test_1");
  change.stripe_webhook_secrets = {Secret(std::string(kWebhookSecret))};
  change.trusted_domains = {"https://app.example.com"};
  settings(change);
  put_catalog(make_catalog());
  add_user("alice", "Alice");
}

World::~World() {
  close();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void World::open() {
  sqlite::SqliteOptions options;
  options.path = folder_ + "/purser.db";
  options.webhooks_queued = [this] {
    if (webhooks_queued) webhooks_queued();
  };
  store = must("open store", sqlite::open_sqlite_store(options, clock));
  EngineOptions engine_options;
  engine_options.instance = ids.unique_id();
  engine = std::make_unique<Engine>(*store, engine_options);
  registry = must("load registry", Registry::load(*store));
  const Secret encryption_key{std::string(kEncryptionKey)};
  projects = std::make_unique<Projects>(*engine, *store, *registry, tokens, ids, encryption_key);
  access = std::make_unique<Access>(*registry, *store, *engine, tokens, clock, ids,
                                    std::string(kPublicUrl));
  items = std::make_unique<Items>(*store, clock);
  const std::string public_url(kPublicUrl);
  payments = std::make_unique<ProviderAccess>(*engine, *projects, provider);
  sales = std::make_unique<Sales>(*engine, *store, *registry, *payments, clock, ids, public_url);
  intentions = std::make_unique<Intentions>(*engine, *store, *registry, *payments, clock);
  subscriptions =
      std::make_unique<Subscriptions>(*engine, *store, *registry, *payments, *sales, clock, ids);
  refunds = std::make_unique<Refunds>(*engine, *store, *registry, *payments, clock, ids);
  billing = std::make_unique<Billing>(*engine, *store, *payments, ids);
  onboarding = std::make_unique<Onboarding>(*engine, *projects, *payments, public_url);
  webhooks =
      std::make_unique<Webhooks>(*engine, *store, *registry, *projects, provider,
                                 Webhooks::Handlers{*sales, *subscriptions, *refunds}, clock);
  endpoints = std::make_unique<Endpoints>(*store, sender, ids, encryption_key);
  CourierOptions courier_options;
  courier_options.encryption_key = encryption_key;
  courier = std::make_unique<Courier>(*engine, *store, *registry, sender, clock, courier_options);
  reconciler =
      std::make_unique<Reconciler>(*engine, *store, *registry, *payments, *webhooks, clock);
  SessionOptions session_options;
  session_options.public_url = kPublicUrl;
  sessions = std::make_unique<Sessions>(*store, *registry, tokens, clock, ids, encryption_key,
                                        session_options);
}

void World::close() {
  sessions.reset();
  reconciler.reset();
  courier.reset();
  endpoints.reset();
  webhooks.reset();
  onboarding.reset();
  billing.reset();
  refunds.reset();
  subscriptions.reset();
  intentions.reset();
  sales.reset();
  payments.reset();
  items.reset();
  access.reset();
  projects.reset();
  registry.reset();
  engine.reset();
  store.reset();
}

void World::reopen() {
  close();
  open();
}

void World::add_user(const std::string& id, const std::string& name) {
  must("add user", write<User>([&](auto& batch, auto&) {
         return people.create_user(batch, project, {UserId(id), name, std::nullopt});
       }));
}
void World::delete_user(const std::string& id) {
  must("delete user", engine->apply([&](StoreBatch& batch) {
    return people.delete_user(batch, project, UserId(id));
  }));
}
void World::add_team(const std::string& id) {
  must("add team", write<Team>([&](auto& batch, auto&) {
         return people.create_team(batch, project, {TeamId(id), "Crew", std::nullopt});
       }));
}
void World::put_catalog(const domain::Catalog& catalog) {
  must("put catalog", write<domain::CatalogDiff>([&](auto& batch, auto& after) {
         return projects->put_catalog(batch, project, {catalog, false}, after);
       }));
}
void World::settings(const SettingsChange& change) {
  must("settings", write<Project>([&](auto& batch, auto& after) {
         return projects->update(batch, project, change, after);
       }));
}
void World::advance(Millis by) { must("clock", clock.set(clock.now() + by)); }

NewCheckout World::order(const std::string& product_id, const std::string& customer) const {
  NewCheckout made;
  made.customer = user(customer);
  made.product = ProductId(product_id);
  return made;
}

Result<EngineReply> World::checkout(const NewCheckout& order, const std::string& key) {
  std::optional<IdempotencyScope> scope;
  if (!key.empty()) scope = IdempotencyScope{project, key, crypto::sha256("checkout")};
  return sales->checkout(context(), scope, order, [](const Result<std::string>& url) {
    if (url) return StoredReply{200, *url};
    const ErrorRow& row = error_row(url.error().code);
    return StoredReply{row.http_status, std::string(row.name)};
  });
}

std::string World::open_session(const std::string& product_id, const std::string& customer,
                                const std::string& price) {
  NewCheckout wanted = order(product_id, customer);
  if (!price.empty()) wanted.price = PriceId(price);
  const EngineReply reply = must("checkout", checkout(wanted));
  const std::string& url = reply.reply.body;
  if (!url.starts_with("https://pay.test/")) die("checkout", Error::internal(url));
  return url.substr(std::string_view("https://pay.test/").size());
}

domain::Purchase World::subscribe(const std::string& product_id, const std::string& price,
                                  const std::string& customer) {
  const std::string session = open_session(product_id, customer, price);
  provider.pay(session);
  must("settle", sales->settle(project, session));
  return purchase(checkout_of(session).purchase);
}

domain::Purchase World::grant(const std::string& product_id, const std::string& price,
                              std::int64_t quantity, const std::string& customer) {
  NewGrant order;
  order.customer = user(customer);
  order.product = ProductId(product_id);
  order.quantity = *Quantity::of(quantity);
  if (!price.empty()) order.price = PriceId(price);
  return must("grant", write<domain::Purchase>([&](StoreBatch& batch, AfterCommit&) {
                return sales->grant(*context(), batch, order);
              }));
}

Status World::deliver(const std::string& event_id, const std::string& type,
                      const std::string& object, const std::string& account, bool live,
                      const std::string& subject) {
  std::string payload =
      event_id + "|" + type + "|" + object + "|" + account + "|" + (live ? "live" : "test");
  if (!subject.empty()) payload += "|" + subject;
  return webhooks->receive(project, payload, "signed:" + std::string(kWebhookSecret));
}

void World::work_off() {
  for (;;) {
    int done = 0;
    done += webhooks->process(100).value_or(0);
    done += sales->sweep_checkouts(100).value_or(0);
    done += subscriptions->sweep(100).value_or(0);
    done += intentions->perform(100).value_or(0);
    if (done == 0) return;
  }
}

std::int64_t World::quantity(const CustomerKey& customer, const std::string& item) {
  std::int64_t quantity = 0;
  items->get(*context(), {customer, ItemId(item)}, [&](Result<ItemView> view) {
    quantity = must("get item", std::move(view)).quantity.value();
  });
  return quantity;
}

std::vector<domain::Purchase> World::owned(const CustomerKey& customer) {
  return must("owned", store->view()->owned(customer));
}

bool World::has_access(const CustomerKey& customer, const std::string& product_id) {
  const Millis grace{context()->project.settings.past_due_grace_days * 24LL * 3'600'000};
  for (const auto& bought : domain::owned_at(owned(customer), grace, clock.now())) {
    if (bought.product.id.str() == product_id) return true;
  }
  return false;
}

domain::Purchase World::purchase(const PurchaseId& id) {
  auto found = must("purchase", store->view()->purchase(project, id));
  if (!found) die("purchase", Error::internal("no purchase " + id.str()));
  return *std::move(found);
}

std::string World::history(const CustomerKey& customer) {
  std::string kinds;
  for (const Transaction& one : must("list", store->view()->transactions(customer, {"", 1000}))) {
    kinds = std::string(to_string(one.kind)) + (kinds.empty() ? "" : " ") + kinds;
  }
  return kinds;
}

Checkout World::checkout_of(const std::string& session) {
  const auto found = must("checkout", store->view()->checkout_by_session(project, session));
  if (!found) die("checkout", Error::internal("no checkout for " + session));
  return *found;
}

std::vector<std::string> World::outbox_types() {
  std::vector<std::string> types;
  for (const OutboxEvent& event : must("outbox", store->view()->outbox(0, 1000))) {
    types.push_back(event.type);
  }
  return types;
}

std::vector<std::string> World::verify() {
  std::vector<std::string> findings;
  for (const VerifyFinding& finding : must("verify", store->verify({})).findings) {
    findings.push_back(finding.where + ": " + finding.what);
  }
  return findings;
}

}  // namespace purser::app::testing
