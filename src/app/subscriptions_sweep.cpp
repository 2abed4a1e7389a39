#include <optional>
#include <utility>
#include <vector>

#include "app/purchase_book.hpp"
#include "app/subscriptions.hpp"

namespace purser::app {

Result<int> Subscriptions::sweep(int limit) {
  PURSER_TRY(const std::vector<domain::Purchase> due, store_.claim_purchases(clock_.now(), limit));
  std::optional<Error> failed;
  for (const domain::Purchase& purchase : due) {
    const bool remote = purchase.subscription && !purchase.subscription->is_local();
    if (remote) {
      const Status synced = sync(purchase.customer.project, purchase.subscription->remote_ref);
      if (!synced) failed = synced.error();
    }
    // Also after a failure: one that cannot be looked at must not hold up the others.
    const Status again = look_again(purchase);
    if (!again) failed = again.error();
  }
  if (failed) return *std::move(failed);
  return static_cast<int>(due.size());
}

/// Applies what is due by our own clock, and says when to look next.
Status Subscriptions::look_again(const domain::Purchase& purchase) {
  const auto context = registry_.project(purchase.customer.project);
  const Millis grace = grace_of(context ? context->project.settings : ProjectSettings());
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PurchaseBook book(batch, ids_, grace);
    PURSER_TRY(const std::optional<domain::Purchase> now,
               book.find(purchase.customer.project, purchase.id));
    if (!now) return Error::internal("a purchase that was due is gone");
    return book.reschedule(*now);
  });
}

}  // namespace purser::app
