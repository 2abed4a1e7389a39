#include <utility>

#include "app/fulfilment.hpp"
#include "app/sales.hpp"

namespace purser::app {
namespace {

DonePage::State state_of(const Checkout& checkout, Timestamp now) {
  switch (checkout.state) {
    case CheckoutState::kCompleted:
      return DonePage::State::kGranted;
    case CheckoutState::kExpired:
      return DonePage::State::kExpired;
    case CheckoutState::kRefunded:
      return DonePage::State::kRefunded;
    case CheckoutState::kChoosing:
      return page_is_usable(checkout, now) ? DonePage::State::kPending : DonePage::State::kExpired;
    case CheckoutState::kCreating:
    case CheckoutState::kOpen:
    case CheckoutState::kAlarmed:  // paid; what becomes of it is for an operator to decide
      break;
  }
  return DonePage::State::kPending;
}

}  // namespace

Result<DonePage> Sales::done_page(const ProjectId& project, const CheckoutId& id) {
  const auto context = registry_.project(project);
  if (!context) return DonePage{};
  PURSER_TRY(std::optional<Checkout> checkout, store_.view()->checkout(project, id));
  if (checkout && checkout->state == CheckoutState::kOpen) {
    // The buyer may be faster than the event. When the provider cannot be asked, the page says what
    // is known; the event or the sweep settles it.
    if (settle(project, checkout->session_ref)) {
      PURSER_TRY(checkout, store_.view()->checkout(project, id));
    }
  }
  if (!checkout) return DonePage{};
  return DonePage{state_of(*checkout, clock_.now()), checkout->product.display_name,
                  context->project.display_name};
}

}  // namespace purser::app
