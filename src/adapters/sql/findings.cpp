#include "adapters/sql/findings.hpp"

namespace purser::sql {

Status Findings::load_items() {
  PURSER_TRY(Cursor row, db_.query("SELECT row, project_id, item FROM item_names"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return {};
    items_[row.integer(0)] = {row.integer(1), row.text(2)};
    item_rows_[{row.integer(1), row.text(2)}] = row.integer(0);
  }
}

const ItemName* Findings::item(std::int64_t row) const {
  const auto found = items_.find(row);
  return found == items_.end() ? nullptr : &found->second;
}

std::int64_t Findings::item_row(std::int64_t project, const std::string& item) const {
  const auto found = item_rows_.find({project, item});
  return found == item_rows_.end() ? -1 : found->second;
}

std::string Findings::name_of(const AccountKey& key) {
  const ItemName* known = item(key.item);
  const std::string name = known ? known->item : "number " + std::to_string(key.item);
  return name_of_customer(key.customer) + ", item " + name;
}

std::string Findings::name_of_customer(std::int64_t customer) {
  std::string unknown = "customer number " + std::to_string(customer);
  auto row = db_.query(
      "SELECT p.id, c.type, c.external_id FROM customers c JOIN projects p ON p.row = c.project_id "
      "WHERE c.id = $1",
      customer);
  if (!row) return unknown;
  const auto found = row->step();
  if (!found || !*found) return unknown;
  return name_of(CustomerKey{ProjectId(row->text(0)), row->enumeration(1, CustomerType::kCustom),
                             row->text(2)});
}

std::string Findings::name_of(const CustomerKey& customer) {
  return "project " + customer.project.str() + ", " + std::string(to_string(customer.type)) + " " +
         customer.id;
}

}  // namespace purser::sql
