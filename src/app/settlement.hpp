#pragma once

// What follows from a checkout session that is over, within one store batch.

#include <string>

#include "app/ports/ids.hpp"
#include "app/ports/store.hpp"
#include "app/sold.hpp"

namespace purser::app {

/// Concludes an open checkout whose session was paid or has expired: grants what was sold, or gives
/// the money back when that is not possible any more, or raises the event checkout.alarm when what
/// was paid is not what was sold, or closes it. A paid subscription that gives no access for now is
/// left open. `grace`: the project's past_due_grace_days. Errors: kStoreUnavailable.
Status conclude_checkout(StoreBatch& batch, Ids& ids, Millis grace, const Checkout& checkout,
                         const SessionReport& report);

/// Of a checkout that could not be granted: gives back what its subscription charged until the
/// provider had ended it. The report's invoices are all of the subscription's, oldest first. May be
/// repeated. Errors: kStoreUnavailable.
Status give_back_since(StoreBatch& batch, Ids& ids, Millis grace, const Checkout& checkout,
                       const SessionReport& report);

/// Closes a checkout for which nothing was paid; on its purchase page, while that is open, the
/// buyer can choose again. Errors: kStoreUnavailable.
Status expire_checkout(StoreBatch& batch, Checkout checkout, const std::string& reason);

}  // namespace purser::app
