#include "http/answer_fields.hpp"
#include "http/schemas.hpp"

namespace purser::http::schemas {
namespace {

constexpr std::string_view kAccessTypes[] = {"client", "server", "admin"};
constexpr std::string_view kCauses[] = {"manual",      "try_decrease", "purchase",   "repeat",
                                        "expiry",      "purchase_end", "revocation", "switch",
                                        "restoration", "archived"};
constexpr std::string_view kSwitchTimes[] = {"now", "period_end"};

constexpr Field kItemFields[] = {
    id("id", "The item's id in the catalog."),
    text("display_name", "For people."),
    number("quantity", "How much there is; may be negative (a debt).", -Quantity::kMax),
    number("non_negative_quantity", "The quantity, or 0 when it is negative.", 0),
};
constexpr Field kQuantityFields[] = {
    number("quantity", "How much there is after the change; may be negative.", -Quantity::kMax),
};
constexpr Field kTryDecreaseReplyFields[] = {
    flag("success", "Whether the amount was taken. false: there was less, and nothing was."),
    number("quantity", "How much there is now.", -Quantity::kMax),
};
constexpr Field kErrorFields[] = {
    text("code", "A code of docs/reference/errors.md."),
    text("error", "The sentence for people."),
};
constexpr Schema kItemError{"ItemBatchError", "Why one operation was refused.", kErrorFields};
constexpr Field kBatchResultFields[] = {
    flag("success", "Whether the operation took effect, or would have (see `applied`)."),
    number("quantity", "How much there is after it.", -Quantity::kMax),
    {.name = "error",
     .kind = kObject,
     .required = true,
     .nullable = true,
     .of = &kItemError,
     .doc = "null unless the operation was refused; also null for a try_decrease of too much."},
};
constexpr Schema kBatchResult{"ItemBatchResult", "What became of one operation.",
                              kBatchResultFields};
constexpr Field kItemBatchReplyFields[] = {
    flag("applied", "false: the batch is atomic and one operation failed, so nothing changed."),
    objects("results", kBatchResult, "In the order of the operations."),
};
constexpr Field kLedgerEntryFields[] = {
    id("id", "Grows with time. null: due already, recorded by the next write.", true),
    number("change", "What was added or taken.", -Quantity::kMax),
    number("quantity_after", "The quantity after it.", -Quantity::kMax),
    choice(
        "cause", kCauses,
        "Why. archived: older lines are in archives; the history begins here, with what the last "
        "of them left (change is 0)."),
    id("source", "The purchase it comes from; null for changes by the server.", true),
    instant("expires_at", "When the granted lot expires (or expired); null: never.", true),
    text("description", "The caller's words."),
    instant("created_at", "When it took effect."),
};
constexpr Field kCatalogDiffFields[] = {
    flag("dry_run", "true: nothing was applied."),
    number("version", "The catalog's version after it.", 0),
    texts("added", "Paths such as \"products.pro\"."),
    texts("changed", "Paths."),
    texts("removed", "Paths."),
};
constexpr Field kUserFields[] = {
    id("id", "The user's id."),
    text("display_name", "For people."),
    text("primary_email", "null: none.", true),
    instant("created_at", "When."),
};
constexpr Field kTeamFields[] = {
    id("id", "The team's id."),
    text("display_name", "For people."),
    instant("created_at", "When."),
};
constexpr Field kMembershipFields[] = {
    id("team_id", "The team."),
    id("user_id", "The member."),
    flag("administrator", "Whether the member may buy and spend for the team."),
    instant("created_at", "When."),
};
constexpr Field kSessionFields[] = {
    id("id", "The session's id."),
    id("user_id", "Who is signed in."),
    instant("created_at", "When."),
    instant("expires_at", "When the refresh token ends."),
    instant("revoked_at", "null: not revoked.", true),
};
constexpr Field kCreatedSessionFields[] = {
    id("id", "The session's id."),
    id("user_id", "Who is signed in."),
    instant("created_at", "When."),
    instant("expires_at", "When the refresh token ends."),
    secret("access_token", "A JWT of about ten minutes."),
    secret("refresh_token", "Makes new access tokens. Shown once."),
};
constexpr Field kAccessTokenFields[] = {secret("access_token", "A JWT of about ten minutes.")};
constexpr Field kKeyFields[] = {
    id("id", "The key's id."),
    choice("access_type", kAccessTypes, "What the key is for."),
    text("hint", "The key's beginning and end, to tell it from others."),
    text("description", "Your own words."),
    instant("created_at", "When."),
    instant("last_used_at", "To the minute; null: never.", true),
    instant("revoked_at", "null: in force.", true),
};
constexpr Field kCreatedKeyFields[] = {
    id("id", "The key's id."),
    choice("access_type", kAccessTypes, "What the key is for."),
    secret("key", "The key itself. Shown once."),
    text("hint", "The key's beginning and end, to tell it from others."),
    text("description", "Your own words."),
    instant("created_at", "When."),
};
constexpr Field kIssuerFields[] = {
    text("issuer", "Compared exactly with the token's `iss`."),
    text("audience", "Must be one of the token's `aud`."),
    text("jwks_url", "Where the issuer's public keys are."),
};
constexpr Schema kIssuerView{"OidcIssuerView", "A foreign OpenID Connect issuer.", kIssuerFields};
constexpr Field kStripeFields[] = {
    flag("configured", "Whether a secret key is set."),
    flag("webhook_configured", "Whether a webhook secret is set."),
    text("account_id", "null: not known yet.", true),
    flag("connected", "Whether the account is connected under the platform's key."),
    flag("livemode", "Whether the key moves real money."),
};
constexpr Schema kStripe{"StripeState", "How the project reaches Stripe; never a secret.",
                         kStripeFields};
constexpr Field kProjectFields[] = {
    id("id", "The project's id."),
    text("display_name", "For people."),
    texts("trusted_domains", "Origins that buyers may return to."),
    flag("allow_localhost", "Whether localhost is trusted."),
    flag("block_new_purchases", "Whether new purchases are refused."),
    flag("test_mode", "Whether purchases complete without Stripe."),
    flag("require_publishable_client_key", "Whether client calls need a publishable key."),
    objects("oidc_issuers", kIssuerView, "Whose access tokens are accepted beside our own."),
    number("past_due_grace_days",
           "How long a subscription whose renewal is not paid still gives access.", 0),
    choice("downgrade_effective", kSwitchTimes,
           "When a switch to a cheaper plan takes effect, unless the call says."),
    flag("allow_private_webhook_addresses",
         "Whether events may go to addresses of this machine and its networks."),
    part("stripe", kStripe, "How the project reaches Stripe."),
    instant("created_at", "When."),
};
constexpr Field kCreatedProjectFields[] = {
    id("project_id", "The project's id."),           text("display_name", "For people."),
    secret("publishable_client_key", "Shown once."), secret("secret_server_key", "Shown once."),
    secret("super_secret_admin_key", "Shown once."),
};
constexpr Field kClockFields[] = {instant("now", "The server's present instant.")};
constexpr std::string_view kDriftKinds[] = {"checkout_session", "subscription", "invoice",
                                            "payment", "dispute"};
constexpr Field kDriftFields[] = {
    choice("kind", kDriftKinds, "What it is; payment: its refunds."),
    text("object", "Stripe's id of it."),
    text("what", "What Stripe has, and what is recorded here."),
};
constexpr Schema kDrift{"Drift", "One object that is recorded otherwise here.", kDriftFields};
constexpr Field kReconcileReportFields[] = {
    text("project_id", "The project."),
    instant("since", "Stripe's events from here on were looked through."),
    instant("until", "Up to here."),
    number("events", "How many events there were that are handled here.", 0),
    number("missed", "How many of them never arrived.", 0),
    number("objects", "How many objects they were about; each was compared.", 0),
    objects("drift", kDrift, "What differed."),
    objects("left", kDrift, "What of it still differs: all of it without `repair`."),
};
constexpr Field kFindingFields[] = {
    text("where", "The account or purchase."),
    text("what", "What differs."),
};
constexpr Schema kFinding{"VerifyFinding", "One difference.", kFindingFields};
constexpr Field kVerifyFields[] = {
    flag("ok", "Whether everything agrees."),
    number("accounts", "Balances recomputed.", 0),
    number("entries", "Ledger entries read.", 0),
    number("purchases", "Purchases checked.", 0),
    objects("findings", kFinding, "The first 100 differences."),
};
constexpr Field kDoneFields[] = {flag("success", "Always true.")};
constexpr Field kReceivedFields[] = {flag("received", "Always true.")};
constexpr Field kStateFields[] = {text("status", "\"ok\".")};

}  // namespace

constexpr Schema kItem{"Item", "How much a customer has of an item.", kItemFields};
constexpr Schema kQuantity{"Quantity", "An item's quantity after a change.", kQuantityFields};
constexpr Schema kTryDecreaseReply{"TryDecreaseReply", "Whether there was enough.",
                                   kTryDecreaseReplyFields};
constexpr Schema kItemBatchReply{"ItemBatchReply", "What became of a batch.",
                                 kItemBatchReplyFields};
constexpr Schema kLedgerEntry{"LedgerEntry", "One immutable line of an item's history.",
                              kLedgerEntryFields};
constexpr Schema kCatalogDiff{"CatalogDiff", "What a new catalog changes.", kCatalogDiffFields};
constexpr Schema kUser{"User", "A user of the project.", kUserFields};
constexpr Schema kTeam{"Team", "A team of the project.", kTeamFields};
constexpr Schema kMembership{"Membership", "A user in a team.", kMembershipFields};
constexpr Schema kSession{"Session", "A user's session.", kSessionFields};
constexpr Schema kCreatedSession{"CreatedSession", "A session with its tokens.",
                                 kCreatedSessionFields};
constexpr Schema kAccessToken{"AccessToken", "A fresh access token.", kAccessTokenFields};
constexpr Schema kKey{"Key", "A key of the project, without its text.", kKeyFields};
constexpr Schema kCreatedKey{"CreatedKey", "A new key with its text.", kCreatedKeyFields};
constexpr Schema kProject{"Project", "A project and its settings.", kProjectFields};
constexpr Schema kCreatedProject{"CreatedProject", "A project with its first keys.",
                                 kCreatedProjectFields};
constexpr Schema kClock{"Clock", "The server's time.", kClockFields};
constexpr Schema kReconcileReport{"ReconcileReport", "What differs from what Stripe has.",
                                  kReconcileReportFields};
constexpr Schema kVerifyReport{"VerifyReport", "Whether the ledger and the balances agree.",
                               kVerifyFields};
constexpr Schema kDone{"Done", "It is done.", kDoneFields};
constexpr Schema kReceived{"Received", "The event is kept and will be processed.", kReceivedFields};
constexpr Schema kState{"State", "The server's state.", kStateFields};

}  // namespace purser::http::schemas
