#pragma once

// Everything that the use cases need, over the real embedded store in a folder of its own: opened,
// closed and opened again as often as a test wants.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/system/clocks.hpp"
#include "adapters/system/random_ids.hpp"
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
#include "tests/app/fake_provider.hpp"
#include "tests/app/fake_sender.hpp"
#include "tests/app/fake_tokens.hpp"

namespace purser::app::testing {

constexpr std::string_view kPublicUrl = "https://purser.test";
constexpr std::string_view kWebhookSecret = "whsec_test";
constexpr std::string_view kEncryptionKey = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

/// What the tests sell; world_catalog.cpp says what each product is for.
domain::Catalog make_catalog();

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Opens store, engine and use cases again on the same file, as after a crash.
  void reopen();

  /// Runs work on a batch and answers its result. Aborts when the engine fails.
  template <class T>
  Result<T> write(const std::function<Result<T>(StoreBatch&, AfterCommit&)>& work) {
    std::optional<Result<T>> result;
    (void)engine->execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
      Decision decision;
      result = work(batch, decision.after_commit);
      decision.accepted = result->has_value();
      return decision;
    });
    return *std::move(result);
  }

  std::shared_ptr<const ProjectContext> context() const { return registry->project(project); }
  CustomerKey user(const std::string& id = "alice") const {
    return {project, CustomerType::kUser, id};
  }
  CustomerKey team(const std::string& id = "crew") const {
    return {project, CustomerType::kTeam, id};
  }
  CustomerKey custom(const std::string& id) const { return {project, CustomerType::kCustom, id}; }

  void add_user(const std::string& id, const std::string& name = "");
  void delete_user(const std::string& id);
  void add_team(const std::string& id);
  void put_catalog(const domain::Catalog& catalog);
  void settings(const SettingsChange& change);
  void advance(Millis by);

  /// Asks for a checkout; a reply body is the URL, or "CODE" of an error.
  Result<EngineReply> checkout(const NewCheckout& order, const std::string& key = "");
  NewCheckout order(const std::string& product, const std::string& customer = "alice") const;
  /// A checkout that must succeed; answers its session at the provider.
  std::string open_session(const std::string& product, const std::string& customer = "alice",
                           const std::string& price = "");
  /// Buys a subscription at the provider and settles it; answers the purchase.
  domain::Purchase subscribe(const std::string& product, const std::string& price = "",
                             const std::string& customer = "alice");
  /// A grant that must succeed.
  domain::Purchase grant(const std::string& product, const std::string& price = "",
                         std::int64_t quantity = 1, const std::string& customer = "alice");

  /// `subject`: what else than its object the event is about; see FakeProvider::verify_event.
  Status deliver(const std::string& event_id, const std::string& type, const std::string& object,
                 const std::string& account = "", bool live = false,
                 const std::string& subject = "");
  /// Processes inbox, sweeps and intentions until nothing is due.
  void work_off();

  std::int64_t quantity(const CustomerKey& customer, const std::string& item);
  std::vector<domain::Purchase> owned(const CustomerKey& customer);  ///< those with status kActive
  /// Whether something of the product gives access now.
  bool has_access(const CustomerKey& customer, const std::string& product);
  domain::Purchase purchase(const PurchaseId& id);  ///< as it is stored
  /// The kinds of a customer's transactions, oldest first: "purchase renewal switch".
  std::string history(const CustomerKey& customer);
  Checkout checkout_of(const std::string& session);
  std::vector<std::string> outbox_types();
  /// Everything that verify finds wrong; empty when the store is sound.
  std::vector<std::string> verify();

  /// Called after each commit that may have made something due for webhook endpoints.
  std::function<void()> webhooks_queued;

  FakeProvider provider;
  FakeSender sender;
  FakeTokens tokens;
  system::ManualClock clock;
  system::RandomIds ids;
  ProjectId project{"shop"};
  ProjectKeys keys;
  std::unique_ptr<Store> store;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Registry> registry;
  std::unique_ptr<Projects> projects;
  std::unique_ptr<Access> access;
  std::unique_ptr<Items> items;
  std::unique_ptr<ProviderAccess> payments;
  std::unique_ptr<Sales> sales;
  std::unique_ptr<Intentions> intentions;
  std::unique_ptr<Subscriptions> subscriptions;
  std::unique_ptr<Refunds> refunds;
  std::unique_ptr<Billing> billing;
  std::unique_ptr<Onboarding> onboarding;
  std::unique_ptr<Webhooks> webhooks;
  std::unique_ptr<Endpoints> endpoints;
  std::unique_ptr<Courier> courier;
  std::unique_ptr<Reconciler> reconciler;
  std::unique_ptr<Sessions> sessions;
  People people{ids};

 private:
  void open();
  void close();
  std::string folder_;
};

}  // namespace purser::app::testing
