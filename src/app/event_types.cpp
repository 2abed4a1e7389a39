#include "app/event_types.hpp"

#include <algorithm>
#include <cstdlib>

namespace purser::app {
namespace {

using enum EventFieldKind;

constexpr EventFieldRow kPurchaseId{"purchase_id", kText, "The purchase."};
constexpr EventFieldRow kProductId{"product_id", kText, "Its product; null for an inline one.",
                                   true};
constexpr EventFieldRow kUserId{"user_id", kText, "The member."};
constexpr EventFieldRow kAdministrator{"administrator", kBoolean,
                                       "Whether the member administers the team."};
constexpr EventFieldRow kKeyId{"key_id", kText, "The key; never its text."};
constexpr EventFieldRow kEndpointId{"endpoint_id", kText, "The endpoint."};
constexpr EventFieldRow kReason{"reason", kText, "What is wrong, for people."};
constexpr EventFieldRow kAmount{"amount", kInteger, "In minor units."};
constexpr EventFieldRow kCurrency{"currency", kText, "ISO 4217."};

constexpr EventFieldRow kPurchaseCreated[] = {
    kPurchaseId,
    kProductId,
    {"quantity", kInteger, "How many."},
    {"origin", kText, "`stripe`, `test_mode` or `granted`: who paid, or that nobody did."}};
constexpr EventFieldRow kPurchaseEnded[] = {
    kPurchaseId, kProductId, {"ended_at", kInstant, "When access ended."}};
constexpr EventFieldRow kRefunded[] = {
    kPurchaseId,
    kProductId,
    {"refund_id", kText, "The refund."},
    kAmount,
    kCurrency,
    {"extent", kText, "`full`: the purchase ended; `partial`; or `none` of it was taken back."}};
constexpr EventFieldRow kDisputed[] = {kPurchaseId,
                                       kProductId,
                                       {"dispute_id", kText, "The dispute, as Stripe names it."},
                                       kAmount,
                                       kCurrency};
constexpr EventFieldRow kSubscriptionUpdated[] = {
    kPurchaseId,
    kProductId,
    {"status", kText, "Its status now."},
    {"current_period_end", kInstant, "When the period ends."},
    {"cancel_at_period_end", kBoolean, "Whether it ends then."},
    {"pending_switch", kBoolean, "Whether another plan follows then."}};
constexpr EventFieldRow kSubscriptionRenewed[] = {
    kPurchaseId, kProductId, {"period_start", kInstant, "When the period began."}};
constexpr EventFieldRow kSubscriptionSwitched[] = {
    kPurchaseId,
    {"from_product_id", kText, "The plan before."},
    kProductId,
    {"price_id", kText, "The price of the plan after."},
    {"quantity", kInteger, "How many, after."}};
constexpr EventFieldRow kSubscriptionAlarm[] = {
    kPurchaseId,
    kProductId,
    {"subscription_ref", kText, "Stripe's subscription; null: it is about none.", true},
    kReason};
constexpr EventFieldRow kCheckout[] = {
    {"checkout_id", kText, "The checkout."},
    {"payment_ref", kText, "Stripe's payment; empty: none was made."},
    {"reason", kText, "Why it was not fulfilled."}};
constexpr EventFieldRow kPaymentAlarm[] = {kPurchaseId,
                                           {"object", kText, "The refund or dispute at Stripe."},
                                           {"payment_ref", kText, "Stripe's payment."},
                                           kReason};
constexpr EventFieldRow kMembership[] = {kUserId, kAdministrator};
constexpr EventFieldRow kMembershipDeleted[] = {kUserId};
constexpr EventFieldRow kKey[] = {kKeyId};
constexpr EventFieldRow kCatalog[] = {{"version", kInteger, "The catalog's version now."}};
constexpr EventFieldRow kAccount[] = {{"account_id", kText, "The Stripe account."}};
constexpr EventFieldRow kEndpoint[] = {kEndpointId};
constexpr EventFieldRow kEndpointOff[] = {
    kEndpointId,
    {"reason", kText,
     "`gone`: it answered 410; `failing`: nothing has succeeded "
     "for five days."}};

constexpr EventTypeRow kTypes[] = {
    {"purchase.created", true, "Something was sold or granted.", kPurchaseCreated},
    {"purchase.ended", true, "A purchase gives no access any more.", kPurchaseEnded},
    {"purchase.refunded", true, "Money was given back.", kRefunded},
    {"purchase.refund_failed", true, "A refund that had been asked for did not happen.", kRefunded},
    {"purchase.disputed", true, "The payer's bank disputes a payment; what it paid for was taken.",
     kDisputed},
    {"purchase.dispute_won", true, "A dispute was won; what was taken is back.", kDisputed},
    {"purchase.dispute_lost", true, "A dispute was lost.", kDisputed},
    {"subscription.updated", true,
     "A subscription's status, period, cancellation or pending switch changed.",
     kSubscriptionUpdated},
    {"subscription.renewed", true, "A period began.", kSubscriptionRenewed},
    {"subscription.switched", true, "The plan changed.", kSubscriptionSwitched},
    {"subscription.alarm", true,
     "Something about a subscription needs a person; told once for each cause, and again in its "
     "next period.",
     kSubscriptionAlarm},
    {"checkout.expired", true, "A checkout was never paid.", kCheckout},
    {"checkout.refunded", true,
     "A checkout was paid but could not be granted any more; the money goes back.", kCheckout},
    {"checkout.alarm", true,
     "What was paid is not what was sold, and nothing was granted; or it could not be given back; "
     "or nobody can tell any more whether it was paid.",
     kCheckout},
    {"payment.alarm", true, "A refund or dispute at Stripe does not fit the purchase; told once.",
     kPaymentAlarm},
    {"user.created", true, "A user was created, or seen for the first time in a valid token.", {}},
    {"user.updated", true, "A user's name, mail address or profile changed.", {}},
    {"user.deleted", true, "A user was deleted.", {}},
    {"team.created", true, "A team was created.", {}},
    {"team.updated", true, "A team's name or profile changed.", {}},
    {"team.deleted", true, "A team was deleted.", {}},
    {"team_membership.created", true, "A user joined the team.", kMembership},
    {"team_membership.updated", true, "A member became administrator, or ceased to be.",
     kMembership},
    {"team_membership.deleted", true, "A user left the team.", kMembershipDeleted},
    {"project.created", false, "The project was created.", {}},
    {"project.updated", false, "The project's settings changed.", {}},
    {"project.connected", false, "A Stripe account was connected.", kAccount},
    {"key.created", false, "An API key was created.", kKey},
    {"key.revoked", false, "An API key was revoked.", kKey},
    {"catalog.updated", false, "The catalog has a new version.", kCatalog},
    {"webhook_endpoint.created", false, "An endpoint was created; the others hear of it.",
     kEndpoint},
    {"webhook_endpoint.updated", false, "An endpoint was changed, or its secret rotated.",
     kEndpoint},
    {"webhook_endpoint.deleted", false, "An endpoint was deleted.", kEndpoint},
    {"webhook_endpoint.disabled", false, "Purser disabled an endpoint.", kEndpointOff},
};

}  // namespace

std::string_view to_string(EventFieldKind kind) {
  switch (kind) {
    case kText:
      return "text";
    case kInteger:
      return "integer";
    case kBoolean:
      return "boolean";
    case kInstant:
      return "instant (ISO 8601)";
  }
  std::abort();
}

std::span<const EventTypeRow> event_types() { return kTypes; }

const EventTypeRow* find_event_type(std::string_view type) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const EventTypeRow& row) { return row.type == type; });
  return found == std::end(kTypes) ? nullptr : found;
}

}  // namespace purser::app
