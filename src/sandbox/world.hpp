#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "json/json.hpp"
#include "sandbox/agenda.hpp"
#include "sandbox/journal.hpp"
#include "types/result.hpp"

namespace purser::sandbox {

/// One Stripe object: what the API shows, and what it does not (line items, webhook secrets, …).
struct Record {
  json::Value doc;
  json::Value hidden;

  std::string id() const;
  bool deleted() const;
};

/// The objects of one kind in one account, in the order of their creation.
class Collection {
 public:
  Record& put(const std::string& id, Record record);
  Record* find(const std::string& id);
  const std::vector<std::unique_ptr<Record>>& in_order() const { return records_; }

 private:
  std::vector<std::unique_ptr<Record>> records_;
  std::unordered_map<std::string, Record*> by_id_;
};

/// One Stripe account. `owner` is the platform's account for a connected one, else empty.
struct Account {
  std::string id;
  std::string owner;
  std::map<std::string, Collection, std::less<>> collections;

  Collection& of(std::string_view kind);
};

// The kinds of objects, by their `object` member.
inline constexpr std::string_view kCustomer = "customer";
inline constexpr std::string_view kProduct = "product";
inline constexpr std::string_view kPrice = "price";
inline constexpr std::string_view kSession = "checkout.session";
inline constexpr std::string_view kPaymentIntent = "payment_intent";
inline constexpr std::string_view kCharge = "charge";
inline constexpr std::string_view kPaymentMethod = "payment_method";
inline constexpr std::string_view kRefund = "refund";
inline constexpr std::string_view kSetupIntent = "setup_intent";
inline constexpr std::string_view kSubscription = "subscription";
inline constexpr std::string_view kInvoice = "invoice";
inline constexpr std::string_view kInvoiceItem = "invoiceitem";
inline constexpr std::string_view kBalanceTransaction = "customer_balance_transaction";
inline constexpr std::string_view kDispute = "dispute";
inline constexpr std::string_view kTestClock = "test_helpers.test_clock";
inline constexpr std::string_view kAccount = "account";
inline constexpr std::string_view kAccountLink = "account_link";
inline constexpr std::string_view kEvent = "event";
inline constexpr std::string_view kEndpoint = "webhook_endpoint";
inline constexpr std::string_view kIdempotency =
    "idempotency_key";  ///< our own: not shown by the API

// The settings.
inline constexpr const char* kAfterDunning = "after_dunning";
inline constexpr const char* kFaults = "faults";
inline constexpr const char* kClock = "clock";  ///< seconds: where the sandbox's clock stands still

/// Everything the sandbox knows. Every change goes through here, is written to the journal by
/// commit(), and is visible to others only then, because callers hold `mutex` from the first look
/// to the commit.
class World {
 public:
  /// `now_millis` and `seed` as in SandboxOptions. Errors: as Journal::open.
  static Result<std::unique_ptr<World>> open(const std::string& state_file, std::uint64_t seed,
                                             std::function<std::int64_t()> now_millis);

  std::mutex mutex;  ///< guards everything below

  /// The account that an API key opens; made when it is new.
  Account& account_of_key(const std::string& key);
  /// The platform's connected account with this id, made when it is new; nullptr when the id is not
  /// one or belongs to somebody else.
  Account* connected_account(const Account& platform, const std::string& id);
  Account* find_account(const std::string& id);
  const std::map<std::string, std::unique_ptr<Account>>& accounts() const { return accounts_; }

  /// Adds a record with the `id` in its document, or replaces it.
  Record& put(Account& account, std::string_view kind, json::Value doc,
              json::Value hidden = json::Value(json::Object{}));
  /// Tells that a record was changed in place.
  void changed(Account& account, std::string_view kind, const Record& record);
  /// The record, also when it is deleted; nullptr when there is none.
  Record* find(Account& account, std::string_view kind, const std::string& id);

  /// "cus_" and 24 letters and digits that the seed decides; never the same twice.
  std::string new_id(std::string_view prefix, std::size_t length = 24);
  /// A number below `bound` that the seed decides.
  std::uint64_t draw(std::uint64_t bound);

  /// The time in which things happen at the moment: the sandbox's clock, or where StandAt has put
  /// us (a test clock's time, or the past while we catch up).
  std::int64_t now_seconds() const { return standing_at ? *standing_at : real_seconds(); }
  std::int64_t real_seconds() const;
  std::optional<std::int64_t> standing_at;

  Agenda agenda;
  std::string base_url;  ///< the sandbox's own, for the URLs of hosted pages
  /// What the sandbox's own controls have set, kept beside the objects; null: never set.
  const json::Value& setting(const std::string& name) const;
  void set_setting(const std::string& name, json::Value value);
  /// What becomes of a subscription whose retries are used up: "cancel", "unpaid" or "past_due".
  std::string after_dunning() const;

  /// Events that were made since the last commit, for the courier: (account, event).
  std::vector<std::pair<std::string, std::string>> new_events;

  /// Writes what has changed since the last commit, all of it or nothing; after an error it is
  /// still to be written by the next one.
  Status commit();

 private:
  World(std::uint64_t seed, std::function<std::int64_t()> now_millis);
  Account& add_account(const std::string& id, const std::string& owner);
  Status restore(const json::Value& change);
  std::string changes() const;
  void fill_agenda();

  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
  std::function<std::int64_t()> now_millis_;
  std::map<std::string, std::unique_ptr<Account>> accounts_;
  struct Change {
    const Account* account;
    std::string kind;
    const Record* record;
  };
  std::vector<Change> dirty_;  // in the order of the changes, which is the order of creation
  std::unordered_set<const Record*> dirty_records_;
  std::map<std::string, json::Value> settings_;
  std::set<std::string> dirty_settings_;
  std::vector<std::pair<std::string, std::string>> new_accounts_;
  Journal journal_;
};

/// Lets things happen at another time for as long as it lives.
class StandAt {
 public:
  StandAt(World& world, std::optional<std::int64_t> seconds)
      : world_(world), before_(world.standing_at) {
    world.standing_at = seconds;
  }
  ~StandAt() { world_.standing_at = before_; }
  StandAt(const StandAt&) = delete;
  StandAt& operator=(const StandAt&) = delete;

 private:
  World& world_;
  std::optional<std::int64_t> before_;
};

}  // namespace purser::sandbox
