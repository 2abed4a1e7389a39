#pragma once

// The Stripe double: a stateful server that speaks the part of Stripe's HTTP API that Purser and
// its tests use, with hosted pages, signed webhooks, its own idea of time and faults on request. It
// is for development, demonstrations and tests; it takes no money and must never hold a real card
// number.
//
//   /v1/…             Stripe's API. Any key that begins with sk_test_ opens an account of its own.
//   /c/pay/{id}       the hosted checkout page. Its form posts number, expiry, cvc, name, email.
//   /c/setup/{secret} a card form for a setup intent's client secret, in place of Stripe.js
//   /c/invoice/{id}   the hosted page of an invoice
//   /c/onboarding/…   where a connected account's owner completes its onboarding
//   /_sandbox/…       faults, redelivery, disputes, time and the books: no part of Stripe, no key
//                     needed.
//
// Renewals, retries and everything else that time brings happen when the clock has moved: before
// every request and every half second, in the order in which they were due and dated then.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "types/result.hpp"

namespace purser::sandbox {

struct SandboxOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 picks a free one
  /// Decides every id, secret and fault draw, so that a run can be repeated.
  std::uint64_t seed = 1;
  /// Where the state is kept between runs; empty keeps it in memory only. What was answered
  /// survives the end of the process, however it ended (not the loss of the machine's power: it is
  /// a double).
  std::string state_file;
  /// Milliseconds since 1970, for what Stripe dates. Called on the sandbox's threads.
  std::function<std::int64_t()> now_millis;
  /// Whether POST /_sandbox/clock may stop that clock and move it on: not where others live in its
  /// time too.
  bool clock_can_be_set = false;
};

/// A running sandbox. Thread-safe.
class Sandbox {
 public:
  /// Reads the state file and listens. Errors: kInternalError with the reason in `message` (the
  /// address is in use, the state file cannot be read or written, it is another sandbox's).
  static Result<std::unique_ptr<Sandbox>> start(const SandboxOptions& options);
  virtual ~Sandbox() = default;  ///< stops at once

  virtual std::string url() const = 0;  ///< "http://127.0.0.1:12345"
  /// Stops accepting, finishes running requests and stops. Webhooks that are still to be delivered
  /// are kept in the state file.
  virtual void drain(std::chrono::milliseconds deadline) = 0;
};

}  // namespace purser::sandbox
