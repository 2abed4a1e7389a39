#include <algorithm>
#include <charconv>

#include "sandbox/api.hpp"

// Searching objects with Stripe's query language: `email:"ada@example.com" AND metadata["k"]:"v"`.
// Here a change can be found at once. Source: https://docs.stripe.com/search#search-query-language

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDefaultLimit = 10;
constexpr std::int64_t kMaxLimit = 100;
constexpr std::size_t kMaxClauses = 10;
constexpr std::size_t kShortestPart = 3;

/// What can be searched, and by which fields besides metadata.
struct Searched {
  std::string_view kind;
  const char* url;
  std::vector<std::string_view> fields;
};

const Searched* searched(std::string_view kind) {
  static const std::vector<Searched> kAll = {
      {kCharge,
       "/v1/charges/search",
       {"amount", "created", "currency", "customer", "disputed", "refunded", "status"}},
      {kCustomer, "/v1/customers/search", {"created", "email", "name", "phone"}},
      {kInvoice,
       "/v1/invoices/search",
       {"created", "currency", "customer", "number", "status", "subscription", "total"}},
      {kPaymentIntent,
       "/v1/payment_intents/search",
       {"amount", "created", "currency", "customer", "status"}},
      {kPrice, "/v1/prices/search", {"active", "currency", "lookup_key", "product", "type"}},
      {kProduct, "/v1/products/search", {"active", "description", "name", "shippable", "url"}},
      {kSubscription, "/v1/subscriptions/search", {"canceled_at", "created", "status"}},
  };
  return &*std::find_if(kAll.begin(), kAll.end(),
                        [&](const Searched& one) { return one.kind == kind; });
}

struct Clause {
  bool negated = false;
  std::string field;
  std::string key;  ///< of metadata
  std::string sign;
  std::string value;
  bool is_null = false;
};

struct Query {
  std::vector<Clause> clauses;
  bool any = false;  ///< joined by OR
};

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Reads a query from left to right. A `read_` function that answers false leaves it unread.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Query> query() {
    Query query;
    std::string joint;
    for (;;) {
      Clause clause;
      if (query.clauses.size() == kMaxClauses || !read_clause(clause)) return std::nullopt;
      query.clauses.push_back(std::move(clause));
      skip_spaces();
      if (text_.empty()) return query;
      const std::string next = lower(read_word());
      if ((next != "and" && next != "or") || (!joint.empty() && next != joint)) return std::nullopt;
      joint = next;
      query.any = next == "or";
    }
  }

 private:
  void skip_spaces() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }

  bool read(std::string_view part) {
    if (text_.substr(0, part.size()) != part) return false;
    text_.remove_prefix(part.size());
    return true;
  }

  std::string read_word() {
    std::size_t end = 0;
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    while (end < text_.size() && is_part(text_[end])) ++end;
    std::string word(text_.substr(0, end));
    text_.remove_prefix(end);
    return word;
  }

  bool read_quoted(std::string& value) {
    if (text_.empty() || (text_.front() != '"' && text_.front() != '\'')) return false;
    const char quote = text_.front();
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == quote) {
        text_.remove_prefix(i + 1);
        return true;
      }
      if (text_[i] == '\\' && i + 1 < text_.size()) ++i;
      value += text_[i];
    }
    return false;
  }

  bool read_clause(Clause& clause) {
    skip_spaces();
    clause.negated = read("-");
    clause.field = read_word();
    if (clause.field == "metadata" && !(read("[") && read_quoted(clause.key) && read("]"))) {
      return false;
    }
    for (const std::string_view sign : {":", "~", ">=", "<=", ">", "<"}) {
      if (!read(sign)) continue;
      clause.sign = sign;
      break;
    }
    if (clause.sign.empty()) return false;
    if (read_quoted(clause.value)) return true;
    clause.value = read_word();
    clause.is_null = clause.value == "null";
    return !clause.value.empty();
  }

  std::string_view text_;
};

std::string shown(const json::Value& value) {
  if (const auto* text = value.as_string()) return *text;
  if (const auto* flag = value.as_bool()) return *flag ? "true" : "false";
  if (const auto* number = value.as_int()) return std::to_string(*number);
  return {};
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool applies(const Clause& clause, const json::Value& doc) {
  const json::Value& value =
      clause.key.empty() ? at(doc, clause.field) : at(at(doc, "metadata"), clause.key);
  if (clause.is_null) return value.is_null();
  if (value.is_null()) return false;
  if (clause.sign == ":") return lower(shown(value)) == lower(clause.value);
  if (clause.sign == "~") {
    return lower(shown(value)).find(lower(clause.value)) != std::string::npos;
  }
  const auto bound = number_of(clause.value);
  const auto* number = value.as_int();
  if (!bound || number == nullptr) return false;
  if (clause.sign == ">") return *number > *bound;
  if (clause.sign == "<") return *number < *bound;
  return clause.sign == ">=" ? *number >= *bound : *number <= *bound;
}

bool applies(const Query& query, const json::Value& doc) {
  const auto one = [&](const Clause& clause) { return applies(clause, doc) != clause.negated; };
  const auto& all = query.clauses;
  return query.any ? std::any_of(all.begin(), all.end(), one)
                   : std::all_of(all.begin(), all.end(), one);
}

std::optional<Failure> check(const Query& query, const Searched& searched) {
  for (const Clause& clause : query.clauses) {
    const auto& fields = searched.fields;
    if (clause.key.empty() &&
        std::find(fields.begin(), fields.end(), clause.field) == fields.end()) {
      return invalid("Field `" + clause.field + "` is an unsupported search field for resource `" +
                         std::string(searched.kind) + "`.",
                     "query");
    }
    if (clause.sign == "~" && clause.value.size() < kShortestPart) {
      return invalid("Substring searches need at least three characters.", "query");
    }
    if (clause.sign != ":" && clause.sign != "~" && !number_of(clause.value)) {
      return invalid("`" + clause.sign + "` needs a number.", "query");
    }
  }
  return std::nullopt;
}

Answer search(Call& call, std::string_view kind) {
  const Searched& what = *searched(kind);
  const std::string text = call.params.required_text("query");
  const auto query = Reader(text).query();
  if (!query && !text.empty()) {
    call.params.complain(
        invalid("We were unable to parse your search query. Try using the format "
                "`metadata[\"key\"]:\"value\"` to query for metadata or key:\"value\" to query for "
                "other fields.",
                "query"));
  } else if (query) {
    if (auto failure = check(*query, what)) call.params.complain(*std::move(failure));
  }
  const auto limit =
      static_cast<std::size_t>(call.params.integer("limit", 1, kMaxLimit).value_or(kDefaultLimit));
  const auto page = call.params.text("page");
  if (const auto failure = call.params.finish()) return *failure;
  json::Array data;
  json::Value next_page;
  const auto& records = call.account.of(kind).in_order();
  // A page's name is the id after which it begins.
  bool begun = !page;
  for (auto it = records.rbegin(); it != records.rend(); ++it) {
    const Record& record = **it;
    if (begun && !record.deleted() && applies(*query, record.doc)) {
      if (data.size() == limit) {
        next_page = json::Value(text_at(data.back(), "id"));
        break;
      }
      data.push_back(present(record.doc, call.base_url));
    }
    if (page && record.id() == *page) begun = true;
  }
  if (!begun) return invalid("The page is not one that a search named.", "page");
  return object({{"object", "search_result"},
                 {"url", what.url},
                 {"has_more", !next_page.is_null()},
                 {"data", json::Value(std::move(data))},
                 {"next_page", std::move(next_page)}});
}

Answer search_charges(Call& call) { return search(call, kCharge); }
Answer search_customers(Call& call) { return search(call, kCustomer); }
Answer search_invoices(Call& call) { return search(call, kInvoice); }
Answer search_intents(Call& call) { return search(call, kPaymentIntent); }
Answer search_prices(Call& call) { return search(call, kPrice); }
Answer search_products(Call& call) { return search(call, kProduct); }
Answer search_subscriptions(Call& call) { return search(call, kSubscription); }

}  // namespace

std::vector<Route> search_routes() {
  return {{"GET", "/v1/charges/search", search_charges},
          {"GET", "/v1/customers/search", search_customers},
          {"GET", "/v1/invoices/search", search_invoices},
          {"GET", "/v1/payment_intents/search", search_intents},
          {"GET", "/v1/prices/search", search_prices},
          {"GET", "/v1/products/search", search_products},
          {"GET", "/v1/subscriptions/search", search_subscriptions}};
}

}  // namespace purser::sandbox
