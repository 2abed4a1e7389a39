#pragma once

#include <vector>

#include "adapters/postgres/connection.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

// What is due, claimed for one node (see app::Store): when it is looked at next moves to the end of
// the claim, so that a node that dies gives it up by itself.

Result<std::vector<domain::Purchase>> claim_purchases(Connection& db, Timestamp now, int limit);
Result<std::vector<app::Checkout>> claim_checkouts(Connection& db, Timestamp now, int limit);
Result<std::vector<app::InboxEvent>> claim_inbox(Connection& db, Timestamp now, int limit);
Result<std::vector<app::Intention>> claim_intentions(Connection& db, Timestamp now, int limit);
Result<std::vector<app::WebhookDelivery>> claim_webhooks(Connection& db, const ProjectId& project,
                                                         const std::string& endpoint, Timestamp now,
                                                         int limit);

}  // namespace purser::postgres
