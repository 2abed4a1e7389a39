#include "http/compat/payments_schemas.hpp"

#include "http/answer_fields.hpp"

namespace purser::http::compat::schemas {
namespace {

using http::schemas::id;
using http::schemas::number;
using http::schemas::text;

constexpr Field kItemFields[] = {
    id("id", "The item's id."),
    text("display_name", "Its name for people."),
    number("quantity", "How much the customer has; may be negative.", -Quantity::kMax),
};

}  // namespace

const Schema kItem{"StackItem", "What a customer has of an item.", kItemFields};

}  // namespace purser::http::compat::schemas
