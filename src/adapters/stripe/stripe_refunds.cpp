#include <algorithm>

#include "adapters/stripe/calls.hpp"
#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"
#include "adapters/stripe/stripe.hpp"

namespace purser::stripe {
namespace {

constexpr std::string_view kRefunds = "/refunds";

Form refund_form(const app::NewRefund& refund) {
  Form form;
  form.add({"payment_intent"}, refund.payment_ref);
  if (refund.amount) form.add({"amount"}, refund.amount->minor_units());
  if (!refund.reason.empty()) form.add({"reason"}, refund.reason);
  form.add({"metadata", "purser_refund"}, refund.reference);
  return form;
}

Form page_query(const std::string& payment_ref, const std::string& after) {
  Form query;
  query.add({"payment_intent"}, payment_ref).add({"limit"}, kPageSize);
  if (!after.empty()) query.add({"starting_after"}, after);
  return query;
}

Result<app::RemoteRefund> read_refund_of(const json::Value& object,
                                         const std::string& payment_ref) {
  PURSER_TRY(app::RemoteRefund refund, read_refund(object));
  if (refund.payment_ref != payment_ref) return odd_answer("a refund of another payment");
  return refund;
}

}  // namespace

Result<app::RemoteRefund> Stripe::create_refund(const app::ProviderCredentials& as,
                                                const app::NewRefund& refund,
                                                const std::string& idempotency_key) {
  const LookUp look_up = [&] { return find_refund(as, refund); };
  if (may_be_forgotten(refund.asked_at, clock_.now())) {
    PURSER_TRY(const auto found, look_up());
    if (found) return read_refund_of(*found, refund.payment_ref);
  }
  const Post post{std::string(kRefunds), refund_form(refund), idempotency_key};
  PURSER_TRY(const json::Value object, make(as, post, look_up));
  PURSER_TRY(app::RemoteRefund made, read_refund_of(object, refund.payment_ref));
  if (refund.amount && made.amount != *refund.amount) {
    return odd_answer("refund " + made.id + " of another amount than was asked for");
  }
  return made;
}

Result<std::optional<json::Value>> Stripe::find_refund(const app::ProviderCredentials& as,
                                                       const app::NewRefund& refund) {
  PURSER_TRY(std::vector<json::Value> rows, fetch_refunds(as, refund.payment_ref));
  for (json::Value& row : rows) {
    const json::Value* metadata = row.find("metadata");
    if (metadata != nullptr && metadata->string_at("purser_refund") == refund.reference) {
      return std::optional(std::move(row));
    }
  }
  return std::optional<json::Value>();
}

// Newest first, as Stripe lists them.
Result<std::vector<json::Value>> Stripe::fetch_refunds(const app::ProviderCredentials& as,
                                                       const std::string& payment_ref) {
  std::vector<json::Value> refunds;
  std::string after;
  for (int i = 0; i < kMaxPages; ++i) {
    PURSER_TRY(const json::Value list,
               client_.get(as, with_query(std::string(kRefunds), page_query(payment_ref, after))));
    PURSER_TRY(const json::Array* rows, rows_of(&list, "a list of refunds"));
    refunds.insert(refunds.end(), rows->begin(), rows->end());
    if (rows->empty() || !list.bool_at("has_more").value_or(false)) return refunds;
    PURSER_TRY(after, read_id(rows->back()));
  }
  return odd_answer("too many refunds of " + payment_ref);
}

Result<std::vector<app::RemoteRefund>> Stripe::refunds_of(const app::ProviderCredentials& as,
                                                          const std::string& payment_ref) {
  PURSER_TRY(const auto rows, fetch_refunds(as, payment_ref));
  std::vector<app::RemoteRefund> refunds;
  for (const json::Value& row : rows) {
    PURSER_TRY(app::RemoteRefund refund, read_refund_of(row, payment_ref));
    refunds.push_back(std::move(refund));
  }
  std::reverse(refunds.begin(), refunds.end());
  return refunds;
}

Result<app::RemoteDispute> Stripe::dispute(const app::ProviderCredentials& as,
                                           const std::string& id) {
  PURSER_TRY(const json::Value object, fetch(as, "/disputes", id));
  return read_dispute(object);
}

}  // namespace purser::stripe
