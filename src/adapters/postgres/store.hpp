#pragma once

#include <memory>

#include "adapters/postgres/committer.hpp"
#include "adapters/postgres/item_reader.hpp"
#include "adapters/postgres/names.hpp"
#include "adapters/postgres/nodes.hpp"
#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/postgres_store.hpp"

namespace purser::postgres {

/// How the store's connections are made.
ConnectOptions connect_options(const PostgresOptions& options);

class PostgresStore final : public app::Store {
 public:
  static Result<std::unique_ptr<PostgresStore>> open(PostgresOptions options);

  std::unique_ptr<app::StoreView> view() override;
  void read_items(const CustomerKey& customer, std::vector<ItemId> items,
                  std::function<void(Result<app::CustomerItems>)> done) override {
    items_.read(customer, std::move(items), std::move(done));
  }
  using app::Store::commit;
  Status commit(std::span<const app::PlannedCommand> commands, const Work& work) override {
    return committer_.commit(commands, work);
  }
  int lanes() const override { return options_.lanes + 1; }
  Result<bool> may_run(const std::string& instance) override;
  Result<std::vector<domain::Purchase>> claim_purchases(Timestamp now, int limit) override;
  Result<std::vector<app::Checkout>> claim_checkouts(Timestamp now, int limit) override;
  Result<std::vector<app::InboxEvent>> claim_inbox(Timestamp now, int limit) override;
  Result<std::vector<app::Intention>> claim_intentions(Timestamp now, int limit) override;
  Result<std::vector<app::WebhookDelivery>> claim_webhooks(const ProjectId& project,
                                                           const std::string& endpoint,
                                                           Timestamp now, int limit,
                                                           int running) override;
  Result<bool> watch(Changed changed) override;
  bool is_current() const override { return nodes_.is_current(); }
  Result<app::VerifyReport> verify(const app::Progress& progress) override;
  Status backup(const std::string& path, const app::Progress& progress) override;

  const app::Clock& clock() const { return nodes_.clock(); }

 private:
  explicit PostgresStore(PostgresOptions options);

  const PostgresOptions options_;
  KnownRows known_rows_;
  Pool pool_;
  Nodes nodes_;
  Committer committer_;
  ItemReader items_;
};

}  // namespace purser::postgres
