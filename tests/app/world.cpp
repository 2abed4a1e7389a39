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

Money usd(std::int64_t cents) { return {cents, *Currency::parse("USD")}; }

domain::Price one_time(const std::string& id, std::int64_t cents) {
  domain::Price price{PriceId(id), usd(cents), std::nullopt, std::nullopt, false};
  return price;
}

domain::Product product(const std::string& id, CustomerType type) {
  domain::Product made;
  made.id = ProductId(id);
  made.display_name = "The " + id;
  made.customer_type = type;
  return made;
}

std::string make_folder() {
  std::string path = (std::filesystem::temp_directory_path() / "purser_app_XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

}  // namespace

domain::Catalog make_catalog() {
  domain::Catalog catalog;
  const auto item = [&](const std::string& id, CustomerType type) {
    catalog.items[id] = {ItemId(id), "Some " + id, type};
  };
  item("credits", CustomerType::kUser);
  item("days", CustomerType::kUser);
  item("seats", CustomerType::kTeam);
  item("calls", CustomerType::kCustom);

  const auto add = [&](const domain::Product& made) { catalog.products[made.id.str()] = made; };
  const auto included = [](const std::string& id, std::int64_t quantity) {
    return domain::IncludedItem{ItemId(id), *Quantity::of(quantity), std::nullopt,
                                domain::Expiry::kNever};
  };
  domain::Product pack = product("pack", CustomerType::kUser);
  pack.stackable = true;
  pack.prices = {one_time("once", 1000)};
  pack.included_items = {included("credits", 1000)};
  add(pack);

  domain::Product license = product("license", CustomerType::kUser);
  license.prices = {one_time("once", 2000)};
  license.included_items = {included("credits", 5)};
  add(license);

  domain::Product plan = product("plan", CustomerType::kUser);
  plan.prices = {one_time("monthly", 900)};
  plan.prices[0].interval = CalendarInterval{IntervalUnit::kMonth, 1};
  add(plan);

  domain::Product multi = product("multi", CustomerType::kUser);
  multi.prices = {one_time("eu", 1100), one_time("us", 1200)};
  add(multi);

  domain::Product hidden = product("hidden", CustomerType::kUser);
  hidden.server_only = true;
  hidden.prices = {one_time("once", 100)};
  add(hidden);

  domain::Product gift = product("gift", CustomerType::kUser);
  gift.included_items = {included("credits", 7)};
  add(gift);

  domain::Product daily = product("daily", CustomerType::kUser);
  daily.included_items = {included("days", 10)};
  daily.included_items[0].repeat = CalendarInterval{IntervalUnit::kDay, 1};
  add(daily);

  domain::Product calls = product("calls-pack", CustomerType::kCustom);
  calls.prices = {one_time("once", 300)};
  calls.included_items = {included("calls", 50)};
  add(calls);
  return catalog;
}

World::World() : clock(*Timestamp::from_millis(kStart)), folder_(make_folder()) {
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
  store = must("open store", sqlite::open_sqlite_store(options, clock));
  EngineOptions engine_options;
  engine_options.instance = ids.unique_id();
  engine = std::make_unique<Engine>(*store, engine_options);
  registry = must("load registry", Registry::load(*store));
  const Secret encryption_key(std::string(32, 'k'));
  projects = std::make_unique<Projects>(*engine, *store, *registry, tokens, ids, encryption_key);
  access = std::make_unique<Access>(*registry, *store, *engine, tokens, clock, ids,
                                    std::string(kPublicUrl));
  items = std::make_unique<Items>(*store, clock);
  sales = std::make_unique<Sales>(*engine, *store, *registry, *projects, provider, clock, ids,
                                  std::string(kPublicUrl));
  webhooks =
      std::make_unique<Webhooks>(*engine, *store, *registry, *projects, provider, *sales, clock);
  SessionOptions session_options;
  session_options.public_url = kPublicUrl;
  sessions = std::make_unique<Sessions>(*store, *registry, tokens, clock, ids, encryption_key,
                                        session_options);
}

void World::close() {
  sessions.reset();
  webhooks.reset();
  sales.reset();
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

std::string World::open_session(const std::string& product_id, const std::string& customer) {
  const EngineReply reply = must("checkout", checkout(order(product_id, customer)));
  const std::string& url = reply.reply.body;
  if (!url.starts_with("https://pay.test/")) die("checkout", Error::internal(url));
  return url.substr(std::string_view("https://pay.test/").size());
}

Status World::deliver(const std::string& event_id, const std::string& type,
                      const std::string& object, const std::string& account, bool live) {
  const std::string payload =
      event_id + "|" + type + "|" + object + "|" + account + "|" + (live ? "live" : "test");
  return webhooks->receive(project, payload, "signed:" + std::string(kWebhookSecret));
}

void World::work_off() {
  for (;;) {
    int done = 0;
    done += webhooks->process(100).value_or(0);
    done += sales->sweep_checkouts(100).value_or(0);
    done += sales->perform_intentions(100).value_or(0);
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
