#pragma once

#include <string>

#include "sandbox/checkout.hpp"
#include "sandbox/intents.hpp"
#include "sandbox/payment_documents.hpp"

namespace purser::sandbox {

/// One attempt of a buyer to complete an open checkout session, in the session's mode.
class Completion {
 public:
  Completion(const Scene& scene, Record& session, Buyer buyer)
      : scene_(scene), session_(session), buyer_(std::move(buyer)) {}

  Attempt for_nothing();
  Attempt by_debit(const std::string& type);
  /// `authenticated`: the bank has seen the buyer.
  Attempt by_card(const TestCard& card, CardExpiry expiry, bool authenticated);
  Attempt fail_challenge();

 private:
  Attempt pay(const TestCard& card, CardExpiry expiry, Presence presence);
  Attempt subscribe(const TestCard& card, CardExpiry expiry, bool authenticated);
  Attempt set_up(const TestCard& card, CardExpiry expiry, bool authenticated);
  Attempt challenge(const TestCard& card, CardExpiry expiry);

  Record& open_intent();
  void ensure_customer(Record* intent);
  void start_subscription(Record* method);
  void make_invoice(Record& intent);
  Attempt complete(const std::string& payment_status);

  Scene scene_;
  Record& session_;
  Buyer buyer_;
};

}  // namespace purser::sandbox
