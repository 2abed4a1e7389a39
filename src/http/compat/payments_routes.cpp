#include "http/compat/payments_handlers.hpp"
#include "http/compat/payments_schemas.hpp"
#include "http/compat/route.hpp"

// The protocol's routes about payments.
namespace purser::http::compat {
namespace {

constexpr std::size_t kUsual = 256 * 1024;

// clang-format off
constexpr Row kRows[] = {
    // A customer's items.
    {{.method = Method::kGet,
      .path = "/payments/items/{customer_type}/{customer_id}/{item_id}",
      .operation = "stackGetItem", .summary = "How much a customer has of an item.",
      .access = Need::kClient, .idempotency = Idempotency::kNone, .body_limit = kUsual,
      .runs_on = RunsOn::kIo, .reply = ReplyIs::kPlain, .input = Input::kNone,
      .answer = {200, AnswerKind::kObject, &schemas::kItem}, .handler = handlers::get_item}},
};
// clang-format on

}  // namespace

std::span<const Row> payment_rows() { return kRows; }

}  // namespace purser::http::compat
