#include <utility>

#include "app/items.hpp"
#include "http/compat/customer_access.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/payments_handlers.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr ClientMay kClientMay{"access their own user or team items."};
constexpr const char* kDone = "{}";

ItemKey item_of(const Call& call) { return {call.customer(), ItemId(call.parameter("item_id"))}; }

std::string encode(const app::ItemView& item) {
  json::Writer out;
  out.begin_object().field("id", item.id.str()).field("display_name", item.display_name);
  return out.field("quantity", item.quantity.value()).end_object().take();
}

app::ChangeQuantity change_of(const Call& call) {
  app::ChangeQuantity change;
  change.key = item_of(call);
  change.change = *Quantity::of(*call.body.int_at("delta"));
  if (const auto at = call.body.string_at("expires_at")) {
    change.expires_at = Timestamp::parse_iso8601(*at);
  }
  change.description = call.body.string_at("description").value_or("");
  change.may_go_negative = call.query_value("allow_negative") == "true";
  return change;
}

// Nothing is changed by nothing, so nothing is written; what would refuse another change does so.
void change_by_nothing(const CallPtr& call, bool may_go_negative) {
  call->core.use().items.get(
      call->context(), item_of(*call), [call, may_go_negative](Result<app::ItemView> item) {
        if (!item) return call->core.answer(*call, item.error());
        if (may_go_negative || !item->quantity.is_negative()) {
          return call->core.answer(*call, std::string(kDone));
        }
        call->core.answer(*call, known(Known::kItemQuantityInsufficientAmount,
                                       {{"item_id", {item->id.str()}},
                                        {"customer_id", {call->customer().id}},
                                        {"quantity", {std::int64_t{0}}}}));
      });
}

}  // namespace

void get_item(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kClientMay)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  call->core.use().items.get(call->context(), item_of(*call), [call](Result<app::ItemView> item) {
    if (!item) return call->core.answer(*call, item.error());
    call->core.answer(*call, encode(*item));
  });
}

void update_quantity(const CallPtr& call) {
  app::ChangeQuantity change = change_of(*call);
  if (change.change.is_zero()) return change_by_nothing(call, change.may_go_negative);
  call->core.write(call,
                   [call = call.get(), change = std::move(change)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_CHECK_OK(app::Items::change(call->context(), batch, change));
                     return Written{.body = kDone};
                   });
}

}  // namespace purser::http::compat::handlers
