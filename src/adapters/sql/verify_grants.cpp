#include "adapters/sql/verify_grants.hpp"

#include <algorithm>
#include <iterator>

#include "codec/purchase_codec.hpp"

namespace purser::sql {

void GrantCheck::carry(const AccountKey& key, const std::map<std::string, CarriedGrants>& grants) {
  for (const auto& [purchase, carried] : grants) {
    const GrantKey name{key.customer, key.item, purchase};
    if (carried.switched) switched_.emplace(key.customer, purchase);
    if (carried.sales > 0) first_grants_[name] = static_cast<int>(carried.sales);
    if (carried.sales > 1)
      findings_.add(key, "archived lines grant purchase " + purchase + " again");
    if (carried.repeats == 0 || !carried.first_repeat_at || !carried.last_repeat_at) continue;
    repeats_[name] = {carried.repeats, *carried.first_repeat_at, *carried.last_repeat_at};
  }
}

void GrantCheck::note(const AccountKey& key, std::int64_t id, const domain::Entry& entry) {
  switch (entry.cause) {
    case domain::Cause::kPurchase:
      if (++first_grants_[{key.customer, key.item, entry.source.str()}] > 1) {
        findings_.add(key, "ledger line " + std::to_string(id) + " grants purchase " +
                               entry.source.str() + " again");
      }
      return;
    case domain::Cause::kRepeat:
      note_repeat(key, id, entry);
      return;
    case domain::Cause::kSwitch:
      switched_.emplace(key.customer, entry.source.str());
      return;
    default:
      return;
  }
}

void GrantCheck::note_repeat(const AccountKey& key, std::int64_t id, const domain::Entry& entry) {
  Repeats& repeats = repeats_[{key.customer, key.item, entry.source.str()}];
  if (repeats.count > 0 && entry.at <= repeats.last) {
    findings_.add(key, "ledger line " + std::to_string(id) + " grants an interval of purchase " +
                           entry.source.str() + " again (" + entry.at.to_iso8601() + ")");
  }
  if (repeats.count == 0) repeats.first = entry.at;
  repeats.last = entry.at;
  ++repeats.count;
}

Status GrantCheck::load_switched() {
  // A switch may have granted nothing: then only its transaction tells of it.
  PURSER_TRY(Cursor row, db_.query("SELECT customer_id, purchase_id FROM transactions "
                                   "WHERE kind = 4 AND customer_id > $1 AND customer_id <= $2",
                                   portion_.after, portion_.up_to));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    switched_.emplace(row.integer(0), row.text(1));
  }
}

Status GrantCheck::check_purchases(app::VerifyReport& report) {
  PURSER_CHECK_OK(load_switched());
  std::int64_t last = 0;
  for (std::int64_t rows = page_; rows == page_;) {
    PURSER_TRY(Cursor row,
               db_.query("SELECT p.customer_id, p.id, p.product_id, p.product, p.quantity, "
                         "p.type, p.created_at, p.anchor, p.project_id, p.row FROM purchases p "
                         "WHERE p.row > $1 AND p.customer_id > $2 AND p.customer_id <= $3 "
                         "ORDER BY p.row LIMIT $4",
                         last, portion_.after, portion_.up_to, page_));
    for (rows = 0;; ++rows) {
      PURSER_TRY(const bool more, row.step());
      if (!more) break;
      last = row.integer(9);
      ++report.purchases;
      PURSER_CHECK_OK(check_purchase(row));
    }
  }
  for (const auto& [grant, count] : first_grants_) {
    const auto& [customer, item, purchase] = grant;
    findings_.add(AccountKey{customer, item},
                  "purchase " + purchase + " granted it, but does not include it or is not there");
  }
  return {};
}

Status GrantCheck::check_purchase(Cursor& row) {
  const std::int64_t customer = row.integer(0);
  const std::string name = "purchase " + row.text(1);
  if (switched_.contains({customer, row.text(1)})) {
    forget_first_grants(customer, row.view(1));
    return {};
  }
  domain::Purchase purchase;
  purchase.id = PurchaseId(row.text(1));
  purchase.quantity = row.quantity(4);
  purchase.created_at = row.timestamp(6);
  purchase.anchor = row.timestamp(7);
  auto product = codec::decode_snapshot(row.view(3), ProductId(row.text(2)));
  const Status readable = product ? Status() : Status(product.error());
  if (!readable || !row.checked(true)) return {};  // check_purchases of all purchases reports it
  purchase.product = *std::move(product);
  const auto grants = domain::initial_grants(purchase, Millis{0});
  if (!grants) {
    findings_.add(name, "its grants are out of range");
    return {};
  }
  const bool is_subscription =
      row.enumeration(5, domain::PurchaseType::kSubscription) != domain::PurchaseType::kOneTime;
  for (const domain::ItemGrant& grant : *grants) {
    const std::int64_t item = findings_.item_row(row.integer(8), grant.item.str());
    const GrantKey key{customer, item, purchase.id.str()};
    if (first_grants_.erase(key) == 0) {
      findings_.add(name, "it never granted item " + grant.item.str());
    }
    // A subscription's repeats wait for money and stop without it, which the ledger does not tell.
    if (!is_subscription && grant.grant.repeat) PURSER_CHECK_OK(check_repeats(key, grant.grant));
  }
  return {};
}

void GrantCheck::forget_first_grants(std::int64_t customer, std::string_view purchase) {
  auto grant = first_grants_.lower_bound({customer, 0, ""});
  while (grant != first_grants_.end() && std::get<0>(grant->first) == customer) {
    grant = std::get<2>(grant->first) == purchase ? first_grants_.erase(grant) : std::next(grant);
  }
}

Status GrantCheck::check_repeats(const GrantKey& key, const domain::IncludedGrant& grant) {
  const auto found = repeats_.find(key);
  if (found == repeats_.end()) return {};
  const Repeats& repeats = found->second;
  const bool complete = repeats.first == nth_boundary(grant.anchor, *grant.repeat, 1) &&
                        repeats.last == nth_boundary(grant.anchor, *grant.repeat, repeats.count);
  if (complete) return {};
  // A repeat that had left the range was skipped.
  const auto& [customer, item, purchase] = key;
  PURSER_TRY(const std::int64_t most, greatest(key));
  if (!Quantity::of(most + grant.quantity.value())) return {};
  findings_.add(AccountKey{customer, item},
                "the repeats of purchase " + purchase + " are not those that were due");
  return {};
}

Result<std::int64_t> GrantCheck::greatest(const GrantKey& key) {
  const auto& [customer, item, purchase] = key;
  PURSER_TRY(const auto kept, db_.integer("SELECT max(quantity_after) FROM ledger WHERE "
                                          "customer_id = $1 AND item_id = $2",
                                          customer, item));
  if (!store_.carries_forward) return kept.value_or(0);
  PURSER_TRY(const auto carried, db_.integer("SELECT greatest FROM ledger_openings WHERE "
                                             "customer_id = $1 AND item_id = $2",
                                             customer, item));
  return std::max(kept.value_or(0), carried.value_or(0));
}

}  // namespace purser::sql
