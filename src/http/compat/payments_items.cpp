#include "app/items.hpp"
#include "http/compat/customer_access.hpp"
#include "http/compat/payments_handlers.hpp"
#include "http/core.hpp"
#include "json/json.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr ClientMay kItemsClientMay{"access their own user or team items."};

ItemKey item_of(const Call& call) { return {call.customer(), ItemId(call.parameter("item_id"))}; }

}  // namespace

void get_item(const CallPtr& call) {
  if (auto refusal = refused_customer(*call, call->customer(), kItemsClientMay)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  call->core.use().items.get(call->context(), item_of(*call), [call](Result<app::ItemView> item) {
    if (!item) return call->core.answer(*call, item.error());
    json::Writer out;
    out.begin_object().field("id", item->id.str()).field("display_name", item->display_name);
    out.field("quantity", item->quantity.value()).end_object();
    call->core.answer(*call, out.take());
  });
}

}  // namespace purser::http::compat::handlers
