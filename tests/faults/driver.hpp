#pragma once

// Plays a journey against the shop and keeps a diary of what it was told.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/faults/journey.hpp"
#include "tests/faults/shop.hpp"

namespace purser::faults {

/// A request that changes something, under an idempotency key, and its answer.
struct Deed {
  StepKind kind = StepKind::kLook;
  As as = As::kServer;
  std::string method;
  std::string path;
  std::string body;
  std::string key;
  int status = 0;  ///< 0: never answered for good, so it happened or not
  std::string answer;
  std::string session;  ///< of a checkout: the session that the buyer was sent to
};

struct Diary {
  std::string customer;
  std::vector<Deed> deeds;
  std::vector<std::string> complaints;  ///< answers that must not be
};

/// One customer's way through the shop. Used by one thread at a time; another one in each act.
class Traveller {
 public:
  Traveller(Journey journey, Shop& shop) : journey_(std::move(journey)), shop_(shop) {
    diary_.customer = journey_.customer;
  }

  void play_act(std::size_t act);
  const Journey& journey() const { return journey_; }
  const Diary& diary() const { return diary_; }

 private:
  class Stage;

  Journey journey_;
  Shop& shop_;
  Diary diary_;
  std::size_t first_deed_ = 0;  ///< of the act
  std::vector<std::string> paid_sessions_;
};

}  // namespace purser::faults
