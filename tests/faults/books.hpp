#pragma once

// What the two sides have written down when a batch is over: the sandbox its objects, Purser its
// database. Plain values, so that an audit can be given books that are wrong.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "json/json.hpp"

namespace purser::faults {

/// The sandbox's side. Texts are as Stripe has them; amounts are minor units.
struct ProviderBooks {
  struct Session {
    std::string id, status, payment_status, checkout, customer, payment, subscription, invoice;
    std::int64_t amount = 0;
    std::string account = {};
  };
  struct Subscription {
    std::string id, status, checkout;
    std::int64_t period_end = 0;  ///< seconds
    bool cancels_at_period_end = false;
    std::string account = {};
  };
  struct Invoice {
    std::string id, subscription, payment, status;
    std::int64_t amount_paid = 0;
  };
  struct Charge {
    std::string id, status, payment, invoice;
    std::int64_t amount = 0;
    std::int64_t refunded = 0;
  };
  struct Refund {
    std::string id, status, charge, payment;
    std::int64_t amount = 0;
  };
  struct Dispute {
    std::string id, status, payment;
  };

  std::map<std::string, std::string> customers;  ///< Purser's customer of each of Stripe's
  std::vector<Session> sessions;
  std::vector<Subscription> subscriptions;
  std::vector<Invoice> invoices;
  std::vector<Charge> charges;
  std::vector<Refund> refunds;
  std::vector<Dispute> disputes;
  std::vector<std::string> undelivered;  ///< events
};

/// Reads the answer of GET /_sandbox/books.
ProviderBooks read_provider_books(const json::Value& books);

/// Purser's side. Enumerations are numbers as in the database; products and items have the names
/// that they have for custom customers.
struct SellerBooks {
  struct Purchase {
    std::string id, customer, product, payment, subscription_ref, subscription_status;
    std::int64_t quantity = 0;
    int status = 0;               ///< 0 active, 1 refunded, 2 ended
    int origin = 0;               ///< 0 paid through Stripe, 2 given
    std::int64_t period_end = 0;  ///< milliseconds
    bool cancels_at_period_end = false;
    std::int64_t anchor = 0;        ///< milliseconds
    std::int64_t paid_through = 0;  ///< milliseconds
    std::string project = {};
  };
  struct Checkout {
    std::string id, customer, session, purchase;
    int state =
        0;  ///< 0 creating, 1 open, 2 completed, 3 expired, 4 refunded, 5 alarmed, 6 choosing
    std::string project = {};
  };
  struct Invoice {
    std::string id, purchase, payment;
    std::int64_t amount_paid = 0;
    std::int64_t refunded = 0;
    int status = 0;  ///< 2: paid
  };
  struct Refund {
    std::string id, purchase, payment, remote;
    std::int64_t amount = 0;
    int state = 0;  ///< 0 requested, 1 succeeded, 2 failed
  };
  struct Dispute {
    std::string id, payment;
    int state = 0;  ///< 0 open, 1 won, 2 lost
  };
  struct Entry {
    std::string customer, item, source, description;
    std::int64_t change = 0;
    std::int64_t quantity_after = 0;
    std::int64_t at = 0;  ///< milliseconds
    int cause = 0;        ///< domain::Cause
  };
  struct Transaction {
    std::string purchase, product;  ///< the plan after it
    int kind = 0;                   ///< app::TransactionKind
  };

  std::vector<Purchase> purchases;
  std::vector<Checkout> checkouts;
  std::vector<Invoice> invoices;
  std::vector<Refund> refunds;
  std::vector<Dispute> disputes;
  std::vector<Entry> entries;
  struct Alarm {  ///< an event that an operator must look at
    std::string type, checkout, reason, payload;
  };
  struct Event {  ///< one that is not done
    std::string id, type, subject, error;
    bool quarantined = false;
  };
  struct Stranger {  ///< an event that was signed for another account or mode
    std::string id;
    int state = 0;  ///< 0 pending, 1 done, 2 ignored, 3 quarantined
  };
  struct Intention {  ///< one that is not done
    std::string id, kind, subject, error;
  };

  std::vector<Transaction> transactions;
  std::vector<Alarm> alarms;
  std::vector<Intention> intentions;
  std::vector<Event> waiting;
  std::vector<Stranger> strangers;
  std::map<std::string, std::string> accounts;  ///< of each project, at the provider
};

/// Reads a database beside the servers that work on it: a file of SQLite or a URL of PostgreSQL.
/// Nothing when it cannot be read.
std::optional<SellerBooks> read_seller_books(const std::string& database);

/// How much of Purser's own work is due at an instant (milliseconds); −1 when it cannot be read.
std::int64_t work_due(const std::string& database, std::int64_t now);

}  // namespace purser::faults
