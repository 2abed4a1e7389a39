#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sandbox/failure.hpp"
#include "sandbox/params.hpp"
#include "sandbox/world.hpp"

namespace purser::sandbox {

enum class FaultKind : std::uint8_t {
  kDrop,           ///< do it, then close the connection instead of answering
  kDelay,          ///< do it, and answer after delay_ms
  kConflict,       ///< 409, nothing done
  kRateLimit,      ///< 429 with Retry-After, nothing done
  kError,          ///< 500, nothing done; the idempotency key remembers it
  kErrorAfter,     ///< do it, then answer 500; the idempotency key remembers that
  kGarbage,        ///< do it, and answer 200 with what is no JSON
  kHuge,           ///< do it, and answer with a body of `bytes`: the document, then spaces
  kFreeze,         ///< nothing done; no answer for delay_ms, then the connection closes
  kHookDuplicate,  ///< deliver twice
  kHookReorder,    ///< deliver behind the events that come meanwhile
  kHookLose,       ///< never deliver
  kHookDelay,      ///< deliver after delay_ms
  kHookForge,      ///< deliver a copy with a wrong signature before the real one
  kHookReplay,     ///< deliver it, then a copy as it was signed age_seconds ago
  // Before the real one, an event of its own that is signed but not meant for the receiver:
  kHookAccount,   ///< of another account
  kHookLivemode,  ///< of live mode
};

/// One fault that was asked for.
struct Fault {
  FaultKind kind = FaultKind::kDrop;
  std::int64_t left = 1;           ///< how many more times it strikes
  std::int64_t probability = 100;  ///< in percent, for every request or event that matches
  std::string path;                ///< only requests whose path begins with it; empty: all
  std::string method;              ///< only requests with this method; empty: all
  std::string event_type;          ///< only events of this type; empty: all
  std::int64_t delay_ms = 1000;
  std::int64_t retry_after = 0;  ///< of a 429, in seconds
  std::int64_t bytes = 0;        ///< of a huge body
  std::int64_t age_seconds = 0;  ///< of a replayed signature
};

/// The faults that still have to strike: part of the world's state. The world's mutex guards it.
class Faults {
 public:
  explicit Faults(World& world);

  /// Reads kind, count, probability, path, method, event_type, delay_ms, retry_after, bytes and
  /// age_seconds.
  std::optional<Failure> add(Params& params);
  void clear();
  json::Value describe() const;

  /// The fault that strikes now, if any; counts it.
  std::optional<Fault> strike_request(const std::string& method, const std::string& path);
  std::optional<Fault> strike_event(const std::string& type);

 private:
  std::optional<Fault> strike(const std::function<bool(const Fault&)>& matches);
  void keep();

  World& world_;
  std::vector<Fault> faults_;
};

}  // namespace purser::sandbox
