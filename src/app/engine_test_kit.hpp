#pragma once

// What the engine's tests share.

#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "app/engine.hpp"
#include "app/fake_store.hpp"

namespace purser::app::testing {

inline EngineOptions options(std::size_t queue_limit = 10'000) {
  EngineOptions made;
  made.queue_limit = queue_limit;
  made.instance = "engine-1";
  return made;
}

inline IdempotencyScope scope(const std::string& key, const std::string& body = "body",
                              const std::string& project = "p") {
  return {ProjectId(project), key, crypto::sha256(body)};
}

inline Engine::Work insert(const std::string& id) {
  return [id](StoreBatch& batch) -> Result<Decision> {
    User user;
    user.id = UserId(id);
    PURSER_CHECK_OK(batch.insert_user(user));
    return Decision{{200, "made " + id}, true, true, {}};
  };
}

/// Holds the committer inside a command until released, so that a test decides what is waiting.
class Gate {
 public:
  Engine::Work work() {
    return [this](StoreBatch&) -> Result<Decision> {
      entered_.set_value();
      open_.get_future().wait();
      return Decision{};
    };
  }
  void wait_until_entered() { entered_.get_future().wait(); }
  void open() { open_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> open_;
};

/// Results of submitted commands, in the order in which they were answered.
class Answers {
 public:
  Engine::Done take() {
    return [this](Result<EngineReply> result) {
      std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
    };
  }
  std::vector<Result<EngineReply>> all() {
    std::lock_guard lock(mutex_);
    return results_;
  }

 private:
  std::mutex mutex_;
  std::vector<Result<EngineReply>> results_;
};

}  // namespace purser::app::testing
