#include "domain/ledger.hpp"

#include <algorithm>
#include <utility>

#include "domain/draft.hpp"
#include "domain/terms.hpp"

namespace purser::domain {
namespace {

Error bad_field(const char* name, const char* message) {
  return {ErrorCode::kSchemaError,
          std::string("The field ") + name + " " + message + ".",
          {{"fields", std::vector<FieldError>{{name, message}}}}};
}

}  // namespace

Quantity ItemAccount::quantity() const {
  std::int64_t sum = debt.value();
  for (const Lot& lot : lots) sum += lot.remaining.value();
  return Quantity::of(sum).value();
}

Result<Change> grant(ItemAccount account, const Grant& grant, Timestamp now) {
  if (!grant.amount.is_positive()) return bad_field("amount", "must be positive");
  if (grant.expires_at && *grant.expires_at <= now) {
    return bad_field("expires_at", "must be in the future");
  }
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  const lots::LotKey lot{grant.expires_at, grant.source, grant.ends_with_source};
  PURSER_CHECK_OK(draft.add(grant.amount, lot, {grant.cause, now, grant.description}));
  return draft.finish();
}

Result<Change> decrease(ItemAccount account, Quantity amount, std::string description,
                        Timestamp now) {
  if (!amount.is_positive()) return bad_field("amount", "must be positive");
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  PURSER_CHECK_OK(draft.take(amount, {Cause::kManual, now, std::move(description)}));
  return draft.finish();
}

Result<TryDecrease> try_decrease(ItemAccount account, Quantity amount, std::string description,
                                 Timestamp now) {
  if (!amount.is_positive()) return bad_field("amount", "must be positive");
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  const bool enough = draft.quantity() >= amount;
  if (enough) {
    PURSER_CHECK_OK(draft.take(amount, {Cause::kTryDecrease, now, std::move(description)}));
  }
  return TryDecrease{enough, draft.finish()};
}

Result<Change> grant_included(ItemAccount account, const IncludedGrant& grant, Timestamp now) {
  PURSER_CHECK_OK(terms::check_contract(grant));
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  if (terms::find(draft.account(), grant.source) != nullptr) {
    return Error::internal("purchase " + grant.source.str() + " has granted this item already");
  }
  Term term = terms::term_of(grant);
  const Timestamp at = std::min(grant.anchor, now);
  PURSER_CHECK_OK(draft.add(grant.quantity, terms::lot_key(term), {Cause::kPurchase, at, {}}));
  if (grant.repeat || grant.keeps_term) terms::put(draft.account(), std::move(term));
  terms::apply_due(draft, now);
  return draft.finish();
}

}  // namespace purser::domain
