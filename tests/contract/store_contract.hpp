#pragma once

// What every store must do. A store passes by instantiating the suite over a factory of its own:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_sqlite_factory));
//
// and linking the store_contract_*.cpp files.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "domain/ledger.hpp"
#include "domain/purchase.hpp"

namespace purser::contract {

inline Timestamp at(std::int64_t millis) { return *Timestamp::from_millis(millis); }
inline Quantity amount(std::int64_t value) { return *Quantity::of(value); }

/// A clock that the test moves, also backwards.
class TestClock final : public app::Clock {
 public:
  Timestamp now() const override { return at(millis_.load()); }
  void set(std::int64_t millis) { millis_.store(millis); }
  void advance(std::int64_t millis) { millis_ += millis; }

 private:
  std::atomic<std::int64_t> millis_{1'000'000};
};

/// Makes stores over one set of data, which is empty at first and goes with the factory.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  /// Opens the data; the store that was opened before is gone by then.
  virtual Result<std::unique_ptr<app::Store>> open(const app::Clock& clock) = 0;
  /// False for a store that leaves backups to its database's own tools.
  virtual bool writes_backups() const { return true; }
  /// A path in a folder of the test's own.
  virtual std::string scratch_path(const std::string& name) = 0;
  /// Opens a backup that the store wrote.
  virtual Result<std::unique_ptr<app::Store>> open_backup(const std::string& path,
                                                          const app::Clock& clock) = 0;
  /// For the stores that it opens: they call it as their options say.
  std::function<void()> webhooks_queued;
};
using MakeFactory = std::function<std::unique_ptr<StoreFactory>()>;

/// The message of a failed status, for assertions.
inline std::string why(const Error& error) {
  return std::string(error_row(error.code).name) + ": " + error.message + " [" +
         error.log.for_log() + "]";
}
#define PURSER_ASSERT_OK(...)                                                                 \
  do {                                                                                        \
    const auto& purser_result = (__VA_ARGS__);                                                \
    ASSERT_TRUE(purser_result.has_value()) << ::purser::contract::why(purser_result.error()); \
  } while (false)
#define PURSER_EXPECT_OK(...)                                                                 \
  do {                                                                                        \
    const auto& purser_result = (__VA_ARGS__);                                                \
    EXPECT_TRUE(purser_result.has_value()) << ::purser::contract::why(purser_result.error()); \
  } while (false)

// What commands do with items, through the domain.

inline Status give(app::StoreBatch& batch, const ItemKey& key, std::int64_t quantity,
                   std::optional<Timestamp> expires_at = std::nullopt) {
  PURSER_TRY(auto account, batch.item(key));
  domain::Grant grant;
  grant.amount = amount(quantity);
  grant.expires_at = expires_at;
  PURSER_TRY(const auto change, domain::grant(std::move(account), grant, batch.now()));
  return batch.put_item(key, change.account, change.entries);
}

inline Status take(app::StoreBatch& batch, const ItemKey& key, std::int64_t quantity,
                   const std::string& description = "") {
  PURSER_TRY(auto account, batch.item(key));
  PURSER_TRY(const auto change,
             domain::decrease(std::move(account), amount(quantity), description, batch.now()));
  return batch.put_item(key, change.account, change.entries);
}

inline Result<bool> try_take(app::StoreBatch& batch, const ItemKey& key, std::int64_t quantity) {
  PURSER_TRY(auto account, batch.item(key));
  PURSER_TRY(const auto tried,
             domain::try_decrease(std::move(account), amount(quantity), "", batch.now()));
  PURSER_CHECK_OK(batch.put_item(key, tried.change.account, tried.change.entries));
  return tried.success;
}

inline app::Project project_of(const std::string& id) {
  app::Project project;
  project.id = ProjectId(id);
  project.display_name = "Project " + id;
  project.created_at = at(5);
  return project;
}
inline app::User user_of(const std::string& project, const std::string& id) {
  app::User user;
  user.project = ProjectId(project);
  user.id = UserId(id);
  user.display_name = "User " + id;
  user.created_at = at(6);
  return user;
}
inline app::Team team_of(const std::string& project, const std::string& id) {
  return {ProjectId(project), TeamId(id), "Team " + id, at(7)};
}
inline CustomerKey customer_of(const std::string& project, CustomerType type,
                               const std::string& id) {
  return {ProjectId(project), type, id};
}
inline ItemKey item_of(const CustomerKey& customer, const std::string& item) {
  return {customer, ItemId(item)};
}
inline crypto::Digest digest_of(std::uint8_t byte) {
  crypto::Digest digest{};
  digest.fill(byte);
  return digest;
}

/// Two projects, "p" and "q"; in "p" the user "ann" and the team "crew".
class StoreContract : public testing::TestWithParam<MakeFactory> {
 protected:
  void SetUp() override {
    factory_ = GetParam()();
    factory_->webhooks_queued = [this] { ++queued_; };
    reopen();
    commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(project_of("p")));
      PURSER_CHECK_OK(batch.insert_project(project_of("q")));
      PURSER_CHECK_OK(batch.insert_user(user_of("p", "ann")));
      return batch.insert_team(team_of("p", "crew"));
    });
  }
  void TearDown() override {
    if (!store_) return;
    const auto report = store_->verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings)
      ADD_FAILURE() << finding.where << ": " << finding.what;
  }

  void reopen() {
    store_.reset();
    auto opened = factory_->open(clock_);
    PURSER_ASSERT_OK(opened);
    store_ = *std::move(opened);
  }
  /// Commits and expects that to succeed.
  void commit(const std::function<Status(app::StoreBatch&)>& work) {
    PURSER_EXPECT_OK(store_->commit(work));
  }
  /// The code with which one write fails in a batch of its own.
  ErrorCode refusal(const std::function<Status(app::StoreBatch&)>& work) {
    const Status status = store_->commit(work);
    EXPECT_FALSE(status.has_value());
    return status ? ErrorCode::kNotImplemented : status.error().code;
  }
  std::int64_t quantity(const ItemKey& key) {
    const auto account = store_->view()->item(key);
    EXPECT_TRUE(account.has_value());
    return account ? account->quantity().value() : -1;
  }
  /// What the hot read says; it answers before it returns or later, on whatever thread.
  app::CustomerItems read(const CustomerKey& customer, std::vector<ItemId> items);

  const CustomerKey ann_ = customer_of("p", CustomerType::kUser, "ann");
  const CustomerKey crew_ = customer_of("p", CustomerType::kTeam, "crew");
  const CustomerKey thing_ = customer_of("p", CustomerType::kCustom, "thing");
  const ItemKey credits_ = item_of(ann_, "credits");

  TestClock clock_;
  std::atomic<int> queued_{0};  // how often the store has told so
  std::unique_ptr<StoreFactory> factory_;
  std::unique_ptr<app::Store> store_;
};

}  // namespace purser::contract
