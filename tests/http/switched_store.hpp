#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "app/ports/store.hpp"

namespace purser::http_test {

/// A store that says when a test wants that what is kept in memory of it may be old.
class SwitchedStore final : public app::Store {
 public:
  explicit SwitchedStore(std::unique_ptr<app::Store> store) : store_(std::move(store)) {}

  std::unique_ptr<app::StoreView> view() override { return store_->view(); }
  void read_items(const CustomerKey& customer, std::vector<ItemId> items,
                  std::function<void(Result<app::CustomerItems>)> done) override {
    store_->read_items(customer, std::move(items), std::move(done));
  }
  Status commit(std::span<const app::PlannedCommand> commands, const Work& work) override {
    return store_->commit(commands, work);
  }
  Result<app::VerifyReport> verify(const app::Progress& progress) override {
    return store_->verify(progress);
  }
  Status backup(const std::string& path, const app::Progress& progress) override {
    return store_->backup(path, progress);
  }
  bool is_current() const override { return is_current_; }
  void set_current(bool is_current) { is_current_ = is_current; }

 private:
  const std::unique_ptr<app::Store> store_;
  std::atomic<bool> is_current_{true};
};

}  // namespace purser::http_test
