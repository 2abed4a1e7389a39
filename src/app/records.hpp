#pragma once

// What the store keeps beside the ledger, the catalog and purchases. Plain values.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/crypto.hpp"
#include "domain/ledger.hpp"
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
  std::vector<OidcIssuer> oidc_issuers;
  friend bool operator==(const ProjectSettings&, const ProjectSettings&) = default;
};

/// How a project reaches Stripe. Secrets are sealed (crypto::seal) by the app before they come
/// here.
struct ProjectPayments {
  std::string sealed_secret_key;                    ///< empty: not configured
  std::vector<std::string> sealed_webhook_secrets;  ///< any of them verifies (rotation)
  std::string account_id;                           ///< acct_…; empty until first asked for
  bool livemode = false;
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
};

struct User {
  ProjectId project;
  UserId id;
  std::string display_name;
  std::optional<std::string> primary_email;
  std::string external_subject;  ///< "issuer|sub" for a user created by a foreign token; else empty
  Timestamp created_at;
};

struct Team {
  ProjectId project;
  TeamId id;
  std::string display_name;
  Timestamp created_at;
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

enum class TransactionKind : std::uint8_t { kPurchase, kGrant, kRefund };
std::string_view to_string(TransactionKind kind);
std::optional<TransactionKind> parse_transaction_kind(std::string_view text);

/// One immutable business event of a customer.
struct Transaction {
  TransactionId id;
  CustomerKey customer;
  TransactionKind kind = TransactionKind::kPurchase;
  PurchaseId purchase;
  std::optional<Money> amount;  ///< what was paid or refunded; absent without money
  std::string payment_ref;
  Timestamp at;
};

enum class CheckoutState : std::uint8_t {
  kCreating,   ///< the intention is recorded; Stripe may or may not know of it yet
  kOpen,       ///< the buyer can pay at `url`
  kCompleted,  ///< paid and granted: `purchase` says what
  kExpired,    ///< never paid
  kRefunded,   ///< paid but not grantable any more (already owned…): the money goes back
  kAlarmed,  ///< paid, but amount, currency, account or mode differ from what was sold: an operator
             ///< looks
};
std::string_view to_string(CheckoutState state);
std::optional<CheckoutState> parse_checkout_state(std::string_view text);

/// A checkout: what is being sold to whom, fixed at the moment of asking.
struct Checkout {
  CheckoutId id;  ///< also the base of every idempotency key sent to Stripe for it
  CustomerKey customer;
  domain::Product product;  ///< snapshot
  std::int64_t catalog_version = 0;
  PriceId price;
  Quantity quantity;
  Money total{0, *Currency::parse("USD")};
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
  std::string kind;     ///< "refund_payment"
  std::string subject;  ///< payment reference
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
