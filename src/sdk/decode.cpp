#include <utility>

#include "sdk/codec.hpp"
#include "sdk/error_table.hpp"
#include "sdk/read.hpp"

namespace purser::sdk::codec {

namespace {

Result<BatchOutcome> read_outcome(const json::Value& value) {
  Reader in(value, "the batch's result");
  BatchOutcome outcome{in.boolean("success"), in.integer("quantity"), std::nullopt};
  if (const auto* error = in.optional_object("error")) {
    Reader error_in(*error, "the result's error");
    Error::Parts parts;
    parts.code_text = error_in.text("code");
    parts.message = error_in.optional_text("error").value_or("");
    if (const auto* row = find_error(parts.code_text)) {
      parts.code = row->code;
      parts.http_status = row->http_status;
    }
    if (error_in.error()) return *error_in.error();
    outcome.error.emplace(std::move(parts));
  }
  return finish(in, std::move(outcome));
}

std::vector<std::string> read_texts(Reader& in, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& element : in.array(name)) {
    if (const auto* text = element.as_string()) {
      texts.push_back(*text);
    } else {
      in.fail(name);
    }
  }
  return texts;
}

}  // namespace

Result<Item> read_item(const json::Value& value) {
  Reader in(value, "the item");
  return finish(in, Item{in.text("id"), in.text("display_name"), in.integer("quantity")});
}

Result<std::int64_t> read_quantity(const json::Value& value) {
  Reader in(value, "the change");
  return finish(in, in.integer("quantity"));
}

Result<TryDecreaseResult> read_try_decrease(const json::Value& value) {
  Reader in(value, "the try-decrease");
  return finish(in, TryDecreaseResult{in.boolean("success"), in.integer("quantity")});
}

Result<BatchResult> read_batch(const json::Value& value) {
  Reader in(value, "the batch");
  BatchResult batch{in.boolean("applied"), {}};
  for (const auto& element : in.array("results")) {
    auto outcome = read_outcome(element);
    if (!outcome) return outcome.error();
    batch.outcomes.push_back(*std::move(outcome));
  }
  return finish(in, std::move(batch));
}

Result<LedgerEntry> read_ledger_entry(const json::Value& value) {
  Reader in(value, "the ledger entry");
  LedgerEntry entry;
  entry.id = in.optional_text("id");
  entry.change = in.integer("change");
  entry.quantity_after = in.integer("quantity_after");
  entry.cause = in.text("cause");
  entry.source = in.optional_text("source");
  entry.expires_at = in.optional_time("expires_at");
  entry.description = in.optional_text("description").value_or("");
  entry.created_at = in.time("created_at");
  return finish(in, std::move(entry));
}

Result<std::string> read_checkout_url(const json::Value& value) {
  Reader in(value, "the checkout");
  return finish(in, in.text("url"));
}

Result<User> read_user(const json::Value& value) {
  Reader in(value, "the user");
  return finish(in, User{in.text("id"), in.optional_text("display_name").value_or(""),
                         in.optional_text("primary_email"), in.optional_time("created_at")});
}

Result<TeamInfo> read_team(const json::Value& value) {
  Reader in(value, "the team");
  return finish(in, TeamInfo{in.text("id"), in.optional_text("display_name").value_or(""),
                             in.optional_time("created_at")});
}

Result<Membership> read_membership(const json::Value& value) {
  Reader in(value, "the membership");
  return finish(in,
                Membership{in.text("team_id"), in.text("user_id"), in.boolean("administrator")});
}

Result<NewSession> read_session(const json::Value& value) {
  Reader in(value, "the session");
  return finish(in, NewSession{in.text("id"), in.text("access_token"), in.text("refresh_token")});
}

Result<CatalogDiff> read_catalog_diff(const json::Value& value) {
  Reader in(value, "the catalog's difference");
  CatalogDiff diff;
  diff.added = read_texts(in, "added");
  diff.changed = read_texts(in, "changed");
  diff.removed = read_texts(in, "removed");
  return finish(in, std::move(diff));
}

Result<std::vector<const json::Value*>> read_page_items(const json::Value& value) {
  Reader in(value, "the list");
  std::vector<const json::Value*> rows;
  for (const auto& row : in.array("items")) rows.push_back(&row);
  if (const auto* pagination = in.optional_object("pagination")) {
    Reader pages(*pagination, "the list's pagination");
    static_cast<void>(pages.optional_text("next_cursor"));
    if (pages.error()) return *pages.error();
  }
  return finish(in, std::move(rows));
}

std::optional<std::string> read_next_cursor(const json::Value& value) {
  const auto* pagination = value.find("pagination");
  return pagination == nullptr ? std::nullopt : pagination->string_at("next_cursor");
}

}  // namespace purser::sdk::codec
