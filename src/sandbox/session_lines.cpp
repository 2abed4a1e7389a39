#include "sandbox/session_lines.hpp"

#include "sandbox/amounts.hpp"
#include "sandbox/catalog.hpp"
#include "sandbox/subscriptions.hpp"

namespace purser::sandbox {
namespace {

constexpr std::size_t kMaxLineItems = 100;

Failure recurring_in_payment(const Params& line) {
  return invalid(
      "You specified `payment` mode but passed a recurring price. Either switch to "
      "`subscription` mode or use only one-time prices.",
      line.full_name("price"));
}

// A subscription needs something that recurs, all of it in one interval.
void check_recurring(Call& call, const SessionLines& draft) {
  std::vector<Item> items;
  for (const json::Value& line : draft.items) {
    if (text_at(at(line, "price"), "type") != "recurring") continue;
    items.push_back({{}, at(line, "price"), int_at(line, "quantity"), empty_object()});
  }
  if (items.empty() && !draft.items.empty()) {
    call.params.complain(invalid(
        "You must provide at least one recurring price in `subscription` mode.", "line_items"));
  } else if (auto failure = check_items(items); failure && !items.empty()) {
    failure->param = "line_items";
    call.params.complain(*std::move(failure));
  }
}

// The price of a line: a known one, or a new one from price_data.
json::Value line_price(Call& call, Params& line, SessionLines& draft, std::string& description) {
  const auto id = line.text("price");
  auto data = line.group("price_data");
  if (id.has_value() == data.has_value()) {
    line.complain(invalid("Each line item needs either `price` or `price_data`.",
                          line.full_name("price"), "parameter_missing"));
    return empty_object();
  }
  if (id) {
    const Record* price = call.world.find(call.account, kPrice, *id);
    if (price == nullptr) {
      line.complain(no_such("price", *id, line.full_name("price")));
      return empty_object();
    }
    if (!bool_at(price->doc, "active")) {
      line.complain(
          invalid("The price specified is inactive. This field only accepts active prices.",
                  line.full_name("price")));
    }
    const Record* product = call.world.find(call.account, kProduct, text_at(price->doc, "product"));
    if (product != nullptr) description = text_at(product->doc, "name");
    return price->doc;
  }
  auto product_id = data->text("product");
  if (auto product_data = data->group("product_data")) {
    json::Value product = read_product_data(call, *std::move(product_data));
    set(product, "active", false);
    description = text_at(product, "name");
    if (product_id)
      data->complain(invalid("Pass `product` or `product_data`, not both.", "product"));
    product_id = text_at(product, "id");
    draft.new_products.push_back(std::move(product));
  } else {
    const Record* product = call.world.find(call.account, kProduct, data->required_text("product"));
    if (product == nullptr || product->deleted()) {
      data->complain(no_such("product", product_id.value_or(""), data->full_name("product")));
    } else {
      description = text_at(product->doc, "name");
    }
  }
  draft.new_prices.push_back(read_price(call, *data, product_id.value_or(""), false));
  return draft.new_prices.back();
}

void read_line(Call& call, Params line, const std::string& mode, SessionLines& draft) {
  std::string description;
  const json::Value price = line_price(call, line, draft, description);
  const std::int64_t quantity = line.integer("quantity", 1, 999'999).value_or(0);
  if (quantity == 0) {
    line.complain(invalid("Quantity is required: add " + line.full_name("quantity") + ".",
                          line.full_name("quantity"), "parameter_missing"));
  }
  const bool recurring = text_at(price, "type") == "recurring";
  if (recurring && mode == "payment") line.complain(recurring_in_payment(line));
  if (line.has("adjustable_quantity")) {
    line.complain(invalid("The sandbox's checkout page cannot change quantities.",
                          line.full_name("adjustable_quantity")));
  }
  const auto currency = Currency::parse(text_at(price, "currency"));
  if (!currency) return;  // complained about already
  if (draft.currency && *draft.currency != *currency) {
    line.complain(invalid("All line items must have the same currency.", "line_items"));
  }
  draft.currency = currency;
  // At most eight digits times six: no overflow.
  const std::int64_t amount = int_at(price, "unit_amount") * quantity;
  draft.total += amount;
  if (recurring) draft.recurring += amount;
  draft.items.push_back(object({{"id", call.world.new_id("li_1")},
                                {"object", "item"},
                                {"amount_discount", 0},
                                {"amount_subtotal", amount},
                                {"amount_tax", 0},
                                {"amount_total", amount},
                                {"currency", currency->lower()},
                                {"description", description},
                                {"price", price},
                                {"quantity", quantity}}));
}

}  // namespace

SessionLines read_session_lines(Call& call, const std::string& mode) {
  SessionLines draft;
  auto lines = call.params.group_list("line_items");
  if (lines.empty()) {
    call.params.complain(
        invalid("Missing required param: line_items.", "line_items", "parameter_missing"));
  }
  if (lines.size() > kMaxLineItems) {
    call.params.complain(invalid("You can have up to 100 line items.", "line_items"));
    return draft;
  }
  for (Params& line : lines) read_line(call, std::move(line), mode, draft);
  if (mode == "subscription") check_recurring(call, draft);
  if (draft.total != 0 && draft.currency) {
    if (auto failure = check_chargeable(draft.total, *draft.currency,
                                        "The Checkout Session's total amount due")) {
      call.params.complain(*std::move(failure));
    }
  }
  return draft;
}

}  // namespace purser::sandbox
