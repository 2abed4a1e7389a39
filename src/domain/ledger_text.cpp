#include <cstdlib>

#include "domain/ledger.hpp"

namespace purser::domain {

std::string_view to_string(Expiry expiry) {
  switch (expiry) {
    case Expiry::kNever:
      return "never";
    case Expiry::kWhenPurchaseExpires:
      return "when-purchase-expires";
    case Expiry::kWhenRepeated:
      return "when-repeated";
  }
  std::abort();
}

std::optional<Expiry> parse_expiry(std::string_view text) {
  for (const Expiry expiry :
       {Expiry::kNever, Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated}) {
    if (to_string(expiry) == text) return expiry;
  }
  return std::nullopt;
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::kManual:
      return "manual";
    case Cause::kTryDecrease:
      return "try_decrease";
    case Cause::kPurchase:
      return "purchase";
    case Cause::kRepeat:
      return "repeat";
    case Cause::kExpiry:
      return "expiry";
    case Cause::kPurchaseEnd:
      return "purchase_end";
    case Cause::kRevocation:
      return "revocation";
    case Cause::kSwitch:
      return "switch";
    case Cause::kRestoration:
      return "restoration";
  }
  std::abort();
}

std::optional<Cause> parse_cause(std::string_view text) {
  for (const Cause cause :
       {Cause::kManual, Cause::kTryDecrease, Cause::kPurchase, Cause::kRepeat, Cause::kExpiry,
        Cause::kPurchaseEnd, Cause::kRevocation, Cause::kSwitch, Cause::kRestoration}) {
    if (to_string(cause) == text) return cause;
  }
  return std::nullopt;
}

}  // namespace purser::domain
