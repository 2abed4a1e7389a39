#pragma once

// One thing that a client asked for, what it was told, and what must therefore stand in the ledger.

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/faults/http_client.hpp"

namespace purser::faults {

enum class Kind : std::uint8_t { kChange, kTryDecrease, kBatch, kAtomicBatch, kGrant, kUser };

/// A change that has its own ledger entry, under a description that no other one has.
struct Part {
  std::string item;
  std::string description;
  std::int64_t change = 0;  ///< what it adds; of a try-decrease, less than 0
  bool is_try = false;      ///< nothing happens when there is too little
  /// What the answer said: it took effect; it did not; nothing was said.
  std::optional<bool> applied;
  std::optional<std::int64_t> quantity;  ///< the quantity after it, as the answer said
};

struct Operation {
  Kind kind = Kind::kChange;
  std::string customer;  ///< a custom customer's name; the user's id for kUser
  std::string path;
  std::string body;
  std::string key;  ///< idempotency key; empty: none
  std::vector<Part> parts;
  std::optional<Reply> reply;  ///< the complete answer, if one came
  std::string purchase;        ///< kGrant: the id in the answer
  std::string complaint;       ///< an answer that should not be
};

/// The shape of the load.
struct Load {
  int customers = 60;
  int hot_percent = 30;  ///< of all operations go to customer 0
};

/// A random operation. `name` is unique and becomes its description.
Operation make_operation(std::mt19937_64& random, const Load& load, const std::string& name);

/// The operation as an HTTP request.
std::string request_of(const Operation& operation, const std::string& credentials);

/// Notes an answer in the operation: what it says of each part.
void note_reply(Operation& operation, Reply reply);

std::string customer_name(int number);

/// The items that the campaign's catalog has for custom customers.
inline constexpr const char* kItems[] = {"credits", "points"};

/// The campaign's catalog as JSON.
std::string catalog_json();

}  // namespace purser::faults
