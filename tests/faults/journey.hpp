#pragma once

// What a customer does in a chaos run: decided by the seed and the journey's number alone, so that
// it is the same however many journeys run beside it and whatever the faults make of it.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace purser::faults {

enum class StepKind : std::uint8_t {
  kArrive,           ///< a user or a team is made known
  kCheckout,         ///< buys `product` at `price`, in `tabs` browser tabs
  kSwitch,           ///< `from` becomes `product`
  kPreview,          ///< what that would cost
  kCancel,           ///< `product`, at once or at the period's end
  kResume,           ///< calls off what waits for the period's end of `product`
  kRefund,           ///< Purser is asked for it: all, `amount` or `quantity`
  kDashboardRefund,  ///< somebody refunds in the provider's dashboard
  kDashboardCancel,  ///< somebody ends the subscription there
  kDispute,          ///< the buyer's bank takes a payment back
  kCloseDispute,     ///< and decides (`at_once`: for the seller)
  kChange,           ///< adds `amount` of `product` (an item), or takes it
  kTryDecrease,
  kGrant,
  kUseCard,     ///< makes another card the default
  kPayInvoice,  ///< pays an open invoice on its hosted page
  kRepeat,      ///< sends the last request once more
  kLook,        ///< reads everything that a customer may read
};

/// What the buyer has in hand at a payment.
enum class Card : std::uint8_t {
  kPays,
  kDeclinesThenPays,
  kDeclines,
  kChallenged,
  kChallengeFails,
  kDisputesLater,
  kFailsLater,  ///< can be saved, and every charge of it fails
  kNone,        ///< the buyer leaves the page
};

struct Step {
  StepKind kind = StepKind::kLook;
  std::string name;  ///< nothing else in the run has it: the idempotency key, the description
  std::string product;
  std::string from;
  std::string price;
  std::int64_t quantity = 0;
  std::int64_t amount = 0;
  bool at_once = true;
  Card card = Card::kPays;
  int tabs = 1;
  bool on_page = false;      ///< of a checkout: the price is chosen on the purchase page
  std::string price_before;  ///< which the buyer chose there at first; empty: none
  std::uint32_t pick = 0;    ///< which one, where there are several
};

/// The shop has two projects, and the second sells through an account that is connected to the
/// platform's.
inline constexpr int kProjects = 2;

struct Journey {
  int number = 0;
  int project = 0;
  std::string type;  ///< of the customer: custom, user or team
  std::string customer;
  std::vector<std::vector<Step>> acts;  ///< between two acts time passes
};

/// Journey number `number` of the run with this seed.
Journey plan_journey(std::uint64_t seed, int number, int acts);

/// A generator of its own for each (seed, number, purpose).
std::mt19937_64 generator(std::uint64_t seed, std::uint64_t number, std::uint64_t purpose);

/// A number from `low` to `high`, the same on every machine.
std::int64_t draw(std::mt19937_64& random, std::int64_t low, std::int64_t high);

/// What both projects sell, as JSON: the same to every type of customer.
std::string journeys_catalog();

/// What an item or product is called that is for this type of customers, and back.
std::string shelved(const std::string& type, const std::string& id);
std::string plain(const std::string& shelved_id);

}  // namespace purser::faults
