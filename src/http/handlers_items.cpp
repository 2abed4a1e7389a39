#include <memory>
#include <utility>
#include <vector>

#include "app/items.hpp"
#include "app/ports/archived_history.hpp"
#include "http/encode.hpp"
#include "http/handlers.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

ItemKey item_of(const Call& call) { return {call.customer(), ItemId(call.path[2])}; }

// The shape was checked, so the number is in range.
Quantity quantity_at(const json::Value& body, std::string_view name) {
  return *Quantity::of(*body.int_at(name));
}

std::optional<Timestamp> instant_at(const json::Value& body, std::string_view name) {
  const auto text = body.string_at(name);
  return text ? Timestamp::parse_iso8601(*text) : std::nullopt;
}

app::ChangeQuantity change_of(ItemKey key, const json::Value& body) {
  return {std::move(key), quantity_at(body, "change"), instant_at(body, "expires_at"),
          body.string_at("description").value_or("")};
}

app::BatchCommand command_of(const CustomerKey& customer, const json::Value& operation) {
  ItemKey key{customer, ItemId(*operation.string_at("item_id"))};
  if (operation.int_at("change")) return change_of(std::move(key), operation);
  return app::TryDecreaseQuantity{std::move(key), quantity_at(operation, "try_decrease"),
                                  operation.string_at("description").value_or("")};
}

void check_change(const json::Value& body, const std::string& path, FieldErrors& errors) {
  const std::int64_t change = body.int_at("change").value_or(0);
  if (change == 0) errors.push_back({path + ".change", "must not be 0"});
  if (change < 0 && body.string_at("expires_at")) {
    errors.push_back({path + ".expires_at", "is only for a positive change"});
  }
}

std::optional<std::int64_t> ledger_position(const Page& page) {
  if (page.after.empty()) return std::nullopt;
  return std::stoll(page.after);  // ours: the cursor's signature was checked
}

/// As a ledger line that changed nothing.
void write_opening(json::Writer& out, const app::LedgerOpening& opening) {
  out.begin_object().field("id", std::string_view(std::to_string(opening.last_line)));
  out.field("change", std::int64_t{0}).field("quantity_after", opening.quantity.value());
  out.field("cause", "archived").key("source").null().key("expires_at").null();
  out.field("description", "");
  out.field("created_at", std::string_view(opening.at.to_iso8601())).end_object();
}

/// Where older lines were archived, a row at the end of the last page says what they left.
Status write_beginning(const Call& call, const Page& page,
                       const std::vector<app::LedgerLine>& lines, json::Writer& rows,
                       std::optional<std::int64_t>& next_before) {
  if (next_before) return {};
  const auto view = call.core.use().store.view();
  PURSER_TRY(const auto opening, app::ArchivedHistory::opening_in(*view, item_of(call)));
  // A month that was archived between the two reads is still in the page.
  if (!opening || (!lines.empty() && lines.back().id <= opening->last_line)) return {};
  if (static_cast<int>(lines.size()) < page.limit) {
    write_opening(rows, *opening);
  } else {
    next_before = lines.back().id;
  }
  return {};
}

}  // namespace

void check_change_quantity(const json::Value& body, FieldErrors& errors) {
  check_change(body, "body", errors);
}

void check_item_batch(const json::Value& body, FieldErrors& errors) {
  const json::Array& operations = *body.find("operations")->as_array();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const json::Value& operation = operations[i];
    const std::string path = "body.operations." + std::to_string(i);
    const bool is_change = operation.int_at("change").has_value();
    if (is_change == operation.int_at("try_decrease").has_value()) {
      errors.push_back({path, "must have either change or try_decrease"});
    } else if (is_change) {
      check_change(operation, path, errors);
    } else if (operation.string_at("expires_at")) {
      errors.push_back({path + ".expires_at", "is only for a positive change"});
    }
  }
}

void list_items(const CallPtr& call) {
  auto page = page_of(*call, 100);
  if (!page) return call->core.answer(*call, page.error());
  call->core.use().items.list(
      call->context(), call->customer(),
      [call, page = *std::move(page)](Result<std::vector<app::ItemView>> items) {
        if (!items) return call->core.answer(*call, items.error());
        const auto key = [](const app::ItemView& item) { return item.id.str(); };
        call->core.answer(*call, encode_all(*call, page, *std::move(items), key));
      });
}

void get_item(const CallPtr& call) {
  call->core.use().items.get(call->context(), item_of(*call), [call](Result<app::ItemView> item) {
    if (!item) return call->core.answer(*call, item.error());
    call->core.answer(*call, encode(*item));
  });
}

void change_quantity(const CallPtr& call) {
  call->core.write(call,
                   [call = call.get(), command = change_of(item_of(*call), call->body)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const Quantity after,
                                app::Items::change(call->context(), batch, command));
                     return Written{.body = encode_quantity(after)};
                   },
                   {item_of(*call).item});
}

void try_decrease(const CallPtr& call) {
  app::TryDecreaseQuantity command{item_of(*call), quantity_at(call->body, "amount"),
                                   call->body.string_at("description").value_or("")};
  call->core.write(call,
                   [call = call.get(), command = std::move(command)](
                       app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
                     PURSER_TRY(const auto reply,
                                app::Items::try_decrease(call->context(), batch, command));
                     return Written{.body = encode_try_decrease(reply)};
                   },
                   {item_of(*call).item});
}

void item_batch(const CallPtr& call) {
  std::vector<app::BatchCommand> commands;
  std::vector<ItemId> items;
  for (const json::Value& operation : *call->body.find("operations")->as_array()) {
    commands.push_back(command_of(call->customer(), operation));
    items.emplace_back(*operation.string_at("item_id"));
  }
  const bool atomic = call->body.bool_at("atomic").value_or(false);
  call->core.write(
      call,
      [call = call.get(), commands = std::move(commands), atomic](
          app::StoreBatch& batch, app::AfterCommit&) -> Result<Written> {
        bool accepted = true;
        PURSER_TRY(const auto results,
                   app::Items::batch(call->context(), batch, commands, atomic, accepted));
        return Written{.body = encode_item_batch(results, accepted), .accepted = accepted};
      },
      std::move(items));
}

void item_ledger(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  const auto ledger = call->core.use().items.ledger(call->context(), item_of(*call),
                                                    ledger_position(*page), page->limit);
  if (!ledger) return call->core.answer(*call, ledger.error());
  json::Writer rows;
  rows.begin_array();
  for (const app::LedgerLine& line : ledger->lines) write(rows, line);
  std::optional<std::int64_t> next_before = ledger->next_before;
  const Status begun = write_beginning(*call, *page, ledger->lines, rows, next_before);
  if (!begun) return call->core.answer(*call, begun.error());
  rows.end_array();
  std::optional<std::string> next;
  if (next_before) next = cursor_after(*call, std::to_string(*next_before));
  call->core.answer(*call, encode_page(rows.str(), next));
}

}  // namespace purser::http::handlers
