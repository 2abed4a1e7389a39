// A signed webhook body, and the same bytes as Stripe's answer to a question.

#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/retry.hpp"
#include "fuzz/fuzz.hpp"

namespace {

void check_event(const std::string& body) {
  const auto event = purser::stripe::read_event(body);
  if (!event) {
    FUZZ_REQUIRE(event.error().code == purser::ErrorCode::kBodyParsingError);
    return;
  }
  FUZZ_REQUIRE(!event->id.empty() && event->id.size() <= 255);
  FUZZ_REQUIRE(!event->type.empty() && event->type.size() <= 255);
  FUZZ_REQUIRE(event->object_id.size() <= 255 && event->account.size() <= 255);
}

void check_answer(const std::string& body) {
  for (const int status : {200, 302, 402, 429, 500}) {
    purser::stripe::HttpReply reply;
    reply.status = status;
    reply.body = body;
    const auto reading = purser::stripe::read_reply(reply);
    if (reading.outcome == purser::stripe::Outcome::kDone) FUZZ_REQUIRE(status == 200);
    if (reading.outcome == purser::stripe::Outcome::kRefused) FUZZ_REQUIRE(status == 402);
  }
}

void check_session(const std::string& body) {
  const auto parsed = purser::json::parse(body);
  if (!parsed) return;
  const auto session = purser::stripe::read_checkout_session(*parsed);
  if (!session) {
    FUZZ_REQUIRE(session.error().code == purser::ErrorCode::kPaymentProviderUnavailable);
    return;
  }
  // Nothing is paid but what says so.
  if (session->paid) {
    const auto said = parsed->string_at("payment_status");
    FUZZ_REQUIRE(said == "paid" ||
                 (said == "no_payment_required" && parsed->string_at("status") == "complete"));
  }
  if (session->amount_total) FUZZ_REQUIRE(session->amount_total->minor_units() >= 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(purser::fuzz::text_of(data, size));
  check_event(body);
  check_answer(body);
  check_session(body);
  return 0;
}
