#pragma once

// What the store keeps beside the ledger, the catalog and purchases. Plain values.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/crypto.hpp"
#include "domain/ledger.hpp"
#include "domain/plan_change.hpp"
#include "domain/purchase.hpp"
#include "types/customer.hpp"
#include "types/id.hpp"
#include "types/money.hpp"
#include "types/timestamp.hpp"

namespace purser::app {

/// Who asks: the kind of key that a call carries. Ordered: a higher one may do all that a lower one
/// may.
enum class AccessType : std::uint8_t { kClient, kServer, kAdmin };
std::string_view to_string(AccessType type);
std::optional<AccessType> parse_access_type(std::string_view text);

/// A foreign OpenID Connect issuer whose access tokens a project accepts.
struct OidcIssuer {
  std::string issuer;    ///< compared exactly with `iss`
  std::string audience;  ///< must be one of `aud`
  std::string
      jwks_url;  ///< https, or http to loopback where the configuration allows private addresses
  friend bool operator==(const OidcIssuer&, const OidcIssuer&) = default;
};

struct ProjectSettings {
  std::vector<std::string>
      trusted_domains;          ///< origins ("https://app.example.com"; "https://*.example.com")
  bool allow_localhost = true;  ///< http(s)://localhost and 127.0.0.1 with any port are trusted
  bool block_new_purchases = false;
  bool test_mode = false;  ///< purchases complete without Stripe and are marked so
  bool require_publishable_client_key = true;
  /// How long a subscription whose renewal is not paid still gives access, in days; 0–60.
  int past_due_grace_days = 7;
  /// When a switch to a plan of a lower price per day takes effect, unless the call says.
  domain::SwitchTime downgrade_effective = domain::SwitchTime::kNow;
  std::vector<OidcIssuer> oidc_issuers;
  /// Events may go to private addresses, and by plain http (development; receivers beside Purser).
  bool allow_private_webhook_addresses = false;
  /// The team of the `internal` project whose members may administrate this one with their own
  /// access tokens; empty: none.
  TeamId owner_team;
  /// A JSON object, nested as its dot paths say: configuration that has no meaning here, kept for
  /// whoever wrote it to read it back. Empty: none.
  std::string other_config;
  friend bool operator==(const ProjectSettings&, const ProjectSettings&) = default;
};

/// How a project reaches Stripe. Secrets are sealed (crypto::seal) by the app before they come
/// here.
struct ProjectPayments {
  std::string sealed_secret_key;                    ///< empty: not configured
  std::vector<std::string> sealed_webhook_secrets;  ///< any of them verifies (rotation)
  std::string account_id;                           ///< acct_…; empty until first asked for
  bool livemode = false;
  /// acct_… of an account connected under the platform's key; empty: not connected. Calls are then
  /// made with the platform's key on its behalf, and it is the project's account_id.
  std::string connected_account;
  /// Up to when the account's events were compared with what is recorded here (Reconciler).
  std::optional<Timestamp> reconciled_until;
  friend bool operator==(const ProjectPayments&, const ProjectPayments&) = default;
};

struct Project {
  ProjectId id;
  std::string display_name;
  ProjectSettings settings;
  ProjectPayments payments;
  Timestamp created_at;
};

struct ApiKey {
  KeyId id;
  ProjectId project;
  AccessType access = AccessType::kClient;
  crypto::Digest
      hash{};        ///< SHA-256 of the key's text; the text itself is shown once and never stored
  std::string hint;  ///< the prefix and last four characters, for people
  std::string description;
  Timestamp created_at;
  std::optional<Timestamp> last_used_at;  ///< kept to the minute
  std::optional<Timestamp> revoked_at;
  std::optional<Timestamp> expires_at;  ///< from then on the key is as good as revoked
};

/// What apps keep about a user, or a team, for themselves: JSON texts; empty: none.
struct AppMetadata {
  std::string client;            ///< the user's own app may read and write it
  std::string client_read_only;  ///< … only read it
  std::string server;            ///< … does not see it
  friend bool operator==(const AppMetadata&, const AppMetadata&) = default;
};

struct UserProfile {
  std::string image_url;  ///< empty: none
  bool email_verified = false;
  std::string password_hash;  ///< crypto::hash_password; empty: no password
  TeamId selected_team;       ///< empty: none
  AppMetadata metadata;
  friend bool operator==(const UserProfile&, const UserProfile&) = default;
};

struct TeamProfile {
  std::string image_url;  ///< empty: none
  AppMetadata metadata;
  friend bool operator==(const TeamProfile&, const TeamProfile&) = default;
};

struct User {
  ProjectId project;
  UserId id;
  std::string display_name;
  std::optional<std::string> primary_email;
  /// By what the user is known to whoever signs in, unique in the project: "issuer|sub" for one
  /// created by a foreign token, password_subject() for one who signs in by password; else empty.
  std::string external_subject;
  Timestamp created_at;
  UserProfile profile = {};
};

struct Team {
  ProjectId project;
  TeamId id;
  std::string display_name;
  Timestamp created_at;
  TeamProfile profile = {};
};

struct Membership {
  ProjectId project;
  TeamId team;
  UserId user;
  bool administrator = false;
  Timestamp created_at;
};

/// A signed-in user's session: lives as long as its refresh token.
struct Session {
  SessionId id;
  ProjectId project;
  UserId user;
  crypto::Digest refresh_hash{};  ///< SHA-256 of the refresh token
  Timestamp created_at;
  Timestamp expires_at;
  std::optional<Timestamp> revoked_at;
};

/// A project's key pair for signing access tokens (ES256).
struct SigningKey {
  ProjectId project;
  std::string kid;
  std::string public_jwk;          ///< JSON text, as published in the JWKS
  std::string sealed_private_key;  ///< sealed PEM
  Timestamp created_at;
};

/// One ledger entry with its identity. Ids grow in commit order across the whole store.
struct LedgerLine {
  std::int64_t id = 0;
  domain::Entry entry;
};

/// Manual changes of items stand in the items' ledgers, which are transactions of their own.
enum class TransactionKind : std::uint8_t {
  kPurchase = 0,    ///< a sale
  kGrant = 1,       ///< given without payment
  kRefund = 2,      ///< money given back
  kRenewal = 3,     ///< a period began (and, with a provider, was paid)
  kSwitch = 4,      ///< the plan changed
  kCancel = 5,      ///< cancellation asked for, at the period's end or now
  kResume = 6,      ///< a cancellation taken back
  kEnd = 7,         ///< the purchase ended
  kDispute = 8,     ///< the payer's bank took the money back for the time being, or for good
  kDisputeWon = 9,  ///< the money came back
};
std::string_view to_string(TransactionKind kind);
std::optional<TransactionKind> parse_transaction_kind(std::string_view text);

/// One immutable business event of a customer.
struct Transaction {
  TransactionId id;
  CustomerKey customer;
  TransactionKind kind = TransactionKind::kPurchase;
  PurchaseId purchase;
  std::optional<Money> amount;  ///< what was paid or refunded; absent without money
  std::string payment_ref;      ///< also what makes a renewal, refund or dispute one and the same
  std::string product_id;       ///< the plan after it; empty for an inline product
  Timestamp at;                 ///< when it took effect (when it was due, for due things)
};

enum class CheckoutState : std::uint8_t {
  kCreating,   ///< the intention is recorded; Stripe may or may not know of it yet
  kOpen,       ///< the buyer can pay at `url`
  kCompleted,  ///< paid and granted: `purchase` says what
  kExpired,    ///< never paid
  kRefunded,   ///< paid but not grantable any more (already owned…): the money goes back
  kAlarmed,  ///< paid, but amount, currency, account or mode differ from what was sold: an operator
             ///< looks
  kChoosing,  ///< the buyer chooses price and quantity on our purchase page first
};
std::string_view to_string(CheckoutState state);
std::optional<CheckoutState> parse_checkout_state(std::string_view text);

/// A checkout: what is being sold to whom, fixed at the moment of asking.
struct Checkout {
  CheckoutId id;  ///< also the base of every idempotency key sent to Stripe for it
  CustomerKey customer;
  domain::Product product;  ///< snapshot
  std::int64_t catalog_version = 0;
  PriceId price;                            ///< empty while kChoosing
  Quantity quantity;                        ///< the asked one while kChoosing
  Money total{0, *Currency::parse("USD")};  ///< due at the checkout: 0 during a trial
  std::optional<CalendarInterval> trial;    ///< of a subscription that begins with a trial
  bool is_subscription = false;
  bool from_client = false;    ///< who chooses on the purchase page sees what a client sees
  crypto::Digest code_hash{};  ///< SHA-256 of the purchase page's code; zero: it never had one
  std::string return_url;
  std::string account_id;  ///< Stripe account it was made in
  bool livemode = false;
  CheckoutState state = CheckoutState::kCreating;
  std::string session_ref;  ///< cs_…; empty while kCreating
  std::string url;
  PurchaseId purchase;  ///< empty until kCompleted
  Timestamp created_at;
  Timestamp next_check_at;  ///< when the sweep looks at Stripe by itself (lost webhooks)
  int checks = 0;           ///< sweeps so far
};

enum class InboxState : std::uint8_t { kPending, kDone, kIgnored, kQuarantined };
std::string_view to_string(InboxState state);
std::optional<InboxState> parse_inbox_state(std::string_view text);

enum class InvoiceStatus : std::uint8_t { kDraft, kOpen, kPaid, kUncollectible, kVoid };
std::string_view to_string(InvoiceStatus status);  ///< "draft", "open", …
std::optional<InvoiceStatus> parse_invoice_status(std::string_view text);

/// What a customer owes or has paid: an invoice of the provider, or the payment of a one-time sale,
/// which has none. Also what refunds and disputes are counted against.
struct Invoice {
  std::string id;  ///< in_…, or the purchase's id for a one-time sale
  CustomerKey customer;
  PurchaseId purchase;
  std::string number;  ///< for people; empty: none
  InvoiceStatus status = InvoiceStatus::kOpen;
  Money total{0, *Currency::parse("USD")};
  std::int64_t amount_paid = 0;  ///< minor units
  std::int64_t refunded = 0;     ///< minor units, those of refunds that succeeded; ≤ amount_paid
  std::string payment_ref;       ///< pi_…; empty while nothing was charged; unique otherwise
  std::string hosted_url;        ///< empty: none
  std::optional<Timestamp> period_start;  ///< what it pays for; absent for one-time sales
  std::optional<Timestamp> period_end;
  Timestamp created_at;
};

enum class RefundState : std::uint8_t { kRequested, kSucceeded, kFailed };
std::string_view to_string(RefundState state);  ///< "pending", "succeeded", "failed"
std::optional<RefundState> parse_refund_state(std::string_view text);

/// Money given back, whoever asked for it: an administrator here, or somebody at the provider.
struct Refund {
  std::string
      id;  ///< ours; also the base of its idempotency key. The provider's id for one made there
  ProjectId project;
  PurchaseId purchase;
  std::string invoice;      ///< Invoice::id
  std::string payment_ref;  ///< pi_…
  Money amount{0, *Currency::parse("USD")};
  Quantity quantity;   ///< see domain::RefundPlan; 0: by amount
  std::string reason;  ///< "duplicate", "fraudulent", "requested_by_customer" or empty
  RefundState state = RefundState::kRequested;
  std::string remote_ref;  ///< re_…; empty while kRequested; unique otherwise
  std::string error;       ///< why it failed
  Timestamp created_at;
};

/// Something that was taken from an item's lots, so that it can be given back.
struct TakenLot {
  ItemId item;
  Quantity quantity;  ///< > 0
  std::optional<Timestamp> expires_at;
  bool ends_with_source = false;
  friend bool operator==(const TakenLot&, const TakenLot&) = default;
};
enum class DisputeState : std::uint8_t { kOpen, kWon, kLost };
std::string_view to_string(DisputeState state);
std::optional<DisputeState> parse_dispute_state(std::string_view text);
/// The payer's bank disputes a payment. Revoked once, restored once when won.
struct Dispute {
  std::string id;  ///< dp_…
  ProjectId project;
  PurchaseId purchase;
  std::string payment_ref;
  Money amount{0, *Currency::parse("USD")};
  DisputeState state = DisputeState::kOpen;
  std::vector<TakenLot> taken;  ///< by this dispute
  bool ended_purchase = false;  ///< the purchase was active when the dispute came
  Timestamp created_at;
};

/// A webhook event that Stripe delivered, kept once by its id.
struct InboxEvent {
  ProjectId project;
  std::string event_id;  ///< evt_…
  std::string type;
  std::string object_id;  ///< id of data.object
  std::string payload;    ///< the verified body
  Timestamp received_at;
  InboxState state = InboxState::kPending;
  int attempts = 0;
  Timestamp next_at;
  std::string error;  ///< the last failure, for operators
};

/// A side effect that must happen outside any transaction and survives a crash, e.g. a refund at
/// Stripe.
struct Intention {
  std::string id;  ///< also the idempotency key of its call
  ProjectId project;
  std::string kind;     ///< "refund_payment", "cancel_subscription", "end_trial", …
  std::string subject;  ///< what it is about: a payment's or subscription's reference
  int attempts = 0;
  Timestamp next_at;
  bool done = false;
  std::string error;
};

/// A committed business event for the project's own endpoints.
struct OutboxEvent {
  std::int64_t id = 0;  ///< given by the store; shares the ledger's sequence
  ProjectId project;
  std::optional<CustomerKey> customer;
  std::string type;     ///< "purchase.created", "team.deleted", …
  std::string payload;  ///< JSON text
  Timestamp at;
};

/// Why an endpoint gets nothing.
enum class EndpointDisabled : std::uint8_t {
  kNot,      ///< it is enabled
  kByHand,   ///< an administrator
  kGone,     ///< it answered 410
  kFailing,  ///< no delivery has succeeded for days
};
std::string_view to_string(EndpointDisabled reason);  ///< "manual", "gone", "failing"; empty: not

/// Events that are being queued once more, in steps.
struct EventReplay {
  std::int64_t after = 0;  ///< of the outbox; events up to this one were looked at
  std::int64_t until = 0;  ///< the last one
  bool delivered_too = false;
  friend bool operator==(const EventReplay&, const EventReplay&) = default;
};

/// Where a project wants its events delivered.
struct WebhookEndpoint {
  ProjectId project;
  std::string id;
  std::string url;
  std::string description;
  std::vector<std::string> event_types;  ///< those that it gets; empty: all
  EndpointDisabled disabled = EndpointDisabled::kNot;
  std::string sealed_secret;
  std::string sealed_previous_secret;  ///< signs too until `previous_until`; empty: none
  std::optional<Timestamp> previous_until;
  std::optional<Timestamp> failing_since;  ///< the first failure after the last success
  std::optional<EventReplay> replay;
  Timestamp created_at;
};

enum class DeliveryState : std::uint8_t { kPending, kDelivered, kFailed };
std::string_view to_string(DeliveryState state);
std::optional<DeliveryState> parse_delivery_state(std::string_view text);

/// One event on its way to one endpoint; the event's id names it. A customer's events (and those
/// that are about no customer) stand in a line for each endpoint: only the first pending one of a
/// line is sent.
struct WebhookDelivery {
  std::string endpoint;
  OutboxEvent event;
  DeliveryState state = DeliveryState::kPending;
  int attempts = 0;
  std::optional<Timestamp> last_attempt_at;
  /// Of a pending one: when its line may go on.
  std::optional<Timestamp> next_attempt_at;
  int response_status = 0;  ///< of the last attempt; 0: it got no answer, or there was none
  std::string error;        ///< of the last attempt; empty: it succeeded, or there was none
};

/// A finished answer, byte for byte.
struct StoredReply {
  int status = 200;
  std::string body;
};

struct IdempotencyRecord {
  ProjectId project;  ///< empty: of an administrator's call, which belongs to no project
  std::string key;    ///< the caller's, 1–255 bytes
  crypto::Digest request_hash{};  ///< method, path and body
  bool completed = false;
  std::string operation;  ///< id of the multi-step operation it started (checkout id); else empty
  std::string owner;      ///< the engine instance that runs it while not completed
  StoredReply reply;      ///< when completed
  Timestamp created_at;
};

/// The kinds of remote objects that local things are mapped to.
enum class RemoteKind : std::uint8_t { kCustomer, kProduct, kPrice };

/// A mapping from one of our things to an object of the payment provider, unique both ways per
/// account.
struct RemoteRef {
  ProjectId project;
  std::string account_id;
  RemoteKind kind = RemoteKind::kCustomer;
  std::string local;   ///< "user/abc", "pro@7", "pro@7/monthly"
  std::string remote;  ///< "cus_…"
};

/// A page request over a list that is ordered by id: up to `limit` rows after `after` (exclusive).
struct PageRequest {
  std::string after;  ///< empty: from the start
  int limit = 100;    ///< 1–1000
};

}  // namespace purser::app
