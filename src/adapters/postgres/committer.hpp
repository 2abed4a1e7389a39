#pragma once

// Commits batches: several at once, each on a connection of its own, again after a conflict, and
// never wrong about what happened when a connection is lost during a COMMIT.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/names.hpp"
#include "adapters/postgres/nodes.hpp"
#include "adapters/postgres/opening.hpp"
#include "adapters/postgres/remembered.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// Thread-safe: up to `lanes` threads commit at once, others wait.
class Committer {
 public:
  /// `clock`: null: the database's time. `webhooks_queued`: see PostgresOptions.
  Committer(ConnectOptions options, std::string instance, int lanes, const app::Clock* clock,
            KnownRows& known_rows, Nodes& nodes, std::function<void()> webhooks_queued);

  /// See app::Store::commit.
  Status commit(std::span<const app::PlannedCommand> commands, const app::Store::Work& work);

 private:
  /// A connection, and the row that says which of its batches were committed.
  struct Lane {
    std::unique_ptr<Connection> db;
    LaneMark mark;
    std::int64_t at = 0;  // the instant of that batch

    // For batches of remembered accounts: numbers of lines, how many a batch shall find, and until
    // when they are good.
    std::vector<std::int64_t> ids;
    std::size_t wanted_ids = 0;
    std::chrono::steady_clock::time_point ids_until;
    // How many of them failed in a row, and how many batches do without for that.
    int failures = 0;
    int without = 0;
  };
  enum class Outcome {
    kCommitted,
    kRefused,  ///< nothing happened, and trying again does not help
    kAgain,    ///< nothing happened; another batch was in the way, or the connection was lost
    kUnknown,  ///< the connection was lost during the COMMIT
  };
  struct Attempt {
    Outcome outcome;
    Status status;
    /// Its answers tell of something that nodes keep in memory, or may: they wait until all have
    /// followed.
    bool is_told = false;
    std::int64_t version = 0;  ///< … up to this; 0: not known
    bool queued_webhooks = false;
  };

  Lane* borrow();
  void give_back(Lane* lane);
  Status commit(Lane& lane, std::span<const app::PlannedCommand> commands,
                const app::Store::Work& work);
  Status connect(Lane& lane);
  void wait_until_followed(Lane& lane, std::int64_t version);
  Attempt attempt(Lane& lane, std::span<const app::PlannedCommand> commands,
                  const app::Store::Work& work, std::vector<CustomerKey>& customers);
  /// A batch of which everything is remembered, in one round trip. Nothing when it cannot be one;
  /// then nothing was sent. kAgain when others have changed what is remembered.
  std::optional<Attempt> attempt_remembered(Lane& lane,
                                            std::span<const app::PlannedCommand> commands,
                                            const app::Store::Work& work);
  /// Tells a batch what its commands touch, and answers the instant before which it must not be
  /// dated; nothing when something is not remembered.
  std::optional<std::int64_t> recall(Batch& batch, BatchResolver& resolver,
                                     std::span<const app::PlannedCommand> commands);
  Attempt finish(Lane& lane, Batch& batch, BatchResolver& resolver);
  void committed(Lane& lane, Batch& batch, BatchResolver& resolver,
                 const std::vector<std::int64_t>& new_ids);
  /// Ends a transaction of which nothing is to stay.
  void roll_back(Lane& lane);
  Attempt given_up(Lane& lane, Status why);
  /// Asks whether the lane's last batch was committed, and sees to it that it never is if it was
  /// not; waits until the server has forgotten the lost connection. Error: it cannot be asked.
  Result<bool> look_up(Lane& lane);
  static void pause(int attempt);

  const ConnectOptions options_;
  const std::string instance_;
  const app::Clock* clock_;
  KnownRows& known_rows_;
  Nodes& nodes_;
  const std::function<void()> webhooks_queued_;
  RememberedAccounts remembered_;

  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> free_;
};

}  // namespace purser::postgres
