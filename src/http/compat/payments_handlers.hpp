#pragma once

// The handlers of the routes about payments. Each answers its call exactly once, at once or later:
// a success with `call->core.answer(*call, body)`, an error of the use cases with
// `call->core.answer(*call, error)` (translate.hpp says how it is worded), an error of the
// protocol's own with `call->core.answer(*call, known(…))` or `plain(…)`.

#include "http/route.hpp"

namespace purser::http::compat::handlers {

// What a customer has of an item (payments_items.cpp).
void get_item(const CallPtr& call);

}  // namespace purser::http::compat::handlers
