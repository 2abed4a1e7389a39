#pragma once

// The hot read: a few connections, each of which takes whatever reads have come while its last
// round trip ran. A read never waits for a batch, and sees all that was committed anywhere before
// it was asked.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/names.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// Thread-safe. Owns its threads, one for each connection.
class ItemReader {
 public:
  using Around = std::function<void(const std::function<void()>& answers)>;
  using Done = std::function<void(Result<app::CustomerItems>)>;

  ItemReader(ConnectOptions options, int connections, KnownRows& known_rows, Around around);
  ~ItemReader();  ///< answers what waits

  /// See app::Store::read_items. Error: kStoreUnavailable, also when too many wait.
  void read(const CustomerKey& customer, std::vector<ItemId> items, Done done);

 private:
  struct Wanted {
    CustomerKey customer;
    std::vector<ItemId> items;
    Done done;
  };

  void run();
  std::vector<Wanted> take();
  /// Whether one that is idle shall take what waits, or those that are busy will. Under the mutex.
  bool wants_another() const;
  /// One round trip for all of them; once more on a new connection when the old one was lost.
  Result<std::vector<app::CustomerItems>> load(std::unique_ptr<Connection>& db,
                                               const std::vector<Wanted>& wanted);
  Result<std::vector<app::CustomerItems>> load(Connection& db, const std::vector<Wanted>& wanted);
  void answer(std::vector<Wanted>& wanted, Result<std::vector<app::CustomerItems>> found);

  const ConnectOptions options_;
  KnownRows& known_rows_;
  const Around around_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Wanted> waiting_;
  int busy_ = 0;  // connections that read
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace purser::postgres
