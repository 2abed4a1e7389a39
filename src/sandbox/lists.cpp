#include <algorithm>

#include "sandbox/api.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDefaultLimit = 10;
constexpr std::int64_t kMaxLimit = 100;

struct Page {
  std::int64_t limit = kDefaultLimit;
  std::optional<std::string> after;
  std::optional<std::string> before;
};

Page read_page(Call& call) {
  Page page;
  page.limit = call.params.integer("limit", 1, kMaxLimit).value_or(kDefaultLimit);
  page.after = call.params.text("starting_after");
  page.before = call.params.text("ending_before");
  if (page.after && page.before) {
    call.params.complain(
        invalid("You cannot parameterize a list with both starting_after and ending_before."));
  }
  return page;
}

// `created=T` or created[gt|gte|lt|lte].
Filter read_created(Call& call) {
  Params& params = call.params;
  if (!params.has("created")) return [](const Record&) { return true; };
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  if (params.is_plain("created")) {
    min = max = params.integer("created", 0).value_or(0);
  } else if (auto range = params.group("created")) {
    if (const auto t = range->integer("gt", 0)) min = std::max(min, *t + 1);
    if (const auto t = range->integer("gte", 0)) min = std::max(min, *t);
    if (const auto t = range->integer("lt", 0)) max = std::min(max, *t - 1);
    if (const auto t = range->integer("lte", 0)) max = std::min(max, *t);
  }
  return [min, max](const Record& record) {
    const std::int64_t created = int_at(record.doc, "created");
    return created >= min && created <= max;
  };
}

json::Value list_document(const std::string& url, json::Array data, bool has_more) {
  return object({{"object", "list"},
                 {"url", url},
                 {"has_more", has_more},
                 {"data", json::Value(std::move(data))}});
}

// Cuts the page out of all objects, which come in the list's order. An object that the cursor names
// need not pass the filter: it marks a place.
Answer cut(Call& call, const Page& page, const std::string& url,
           const std::vector<const Record*>& all, std::string_view kind, const Filter& filter) {
  const auto& cursor = page.after ? page.after : page.before;
  auto begin = all.begin();
  auto end = all.end();
  if (cursor) {
    const auto place = std::find_if(all.begin(), all.end(),
                                    [&](const Record* record) { return record->id() == *cursor; });
    if (place == all.end()) {
      return no_such(std::string(kind), *cursor, page.after ? "starting_after" : "ending_before");
    }
    (page.after ? begin : end) = page.after ? place + 1 : place;
  }
  std::vector<const Record*> rows;
  std::copy_if(begin, end, std::back_inserter(rows),
               [&](const Record* record) { return !record->deleted() && filter(*record); });
  const auto limit = static_cast<std::size_t>(page.limit);
  const bool has_more = rows.size() > limit;
  if (has_more && page.before) rows.erase(rows.begin(), rows.end() - page.limit);
  if (has_more && !page.before) rows.resize(limit);
  json::Array data;
  for (const Record* record : rows) data.push_back(present(record->doc, call.base_url));
  return list_document(url, std::move(data), has_more);
}

}  // namespace

Answer list_of(Call& call, const std::string& url, const std::vector<const Record*>& objects,
               std::string_view kind) {
  const Page page = read_page(call);
  if (const auto failure = call.params.finish()) return *failure;
  return cut(call, page, url, objects, kind, [](const Record&) { return true; });
}

Answer list(Call& call, std::string_view kind, const std::string& url, const Filter& filter) {
  const Page page = read_page(call);
  const Filter created = read_created(call);
  if (const auto failure = call.params.finish()) return *failure;
  std::vector<const Record*> newest_first;
  const auto& records = call.account.of(kind).in_order();
  newest_first.reserve(records.size());
  for (auto it = records.rbegin(); it != records.rend(); ++it) newest_first.push_back(it->get());
  return cut(call, page, url, newest_first, kind, both(filter, created));
}

Filter by_field(Call& call, const std::string& field) {
  const auto wanted = call.params.text(field);
  if (!wanted) return [](const Record&) { return true; };
  return [field, wanted = *wanted](const Record& record) {
    return text_at(record.doc, field) == wanted;
  };
}

Filter both(Filter a, Filter b) {
  return
      [a = std::move(a), b = std::move(b)](const Record& record) { return a(record) && b(record); };
}

Answer retrieve(Call& call, std::string_view kind, const std::string& noun) {
  if (const auto failure = call.params.finish()) return *failure;
  const Record* record = call.world.find(call.account, kind, call.id());
  // Of the deleted only customers can still be looked at.
  if (record == nullptr || (record->deleted() && kind != kCustomer)) {
    return no_such(noun, call.id());
  }
  return present(record->doc, call.base_url);
}

json::Value present(json::Value document, const std::string& base_url) {
  const std::string kind = text_at(document, "object");
  const std::string status = text_at(document, "status");
  if (kind == kSession && status == "open" && text_at(document, "ui_mode") == "hosted") {
    set(document, "url", base_url + "/c/pay/" + text_at(document, "id"));
  }
  if (kind == kInvoice && !status.empty() && status != "draft") {
    set(document, "hosted_invoice_url", base_url + "/c/invoice/" + text_at(document, "id"));
  }
  return document;
}

}  // namespace purser::sandbox
