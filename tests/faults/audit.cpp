#include "tests/faults/audit.hpp"

#include <algorithm>
#include <charconv>

#include "json/json.hpp"
#include "tests/faults/http_client.hpp"
#include "tests/faults/server_process.hpp"

namespace purser::faults {

namespace {

std::int64_t id_of(const json::Value& row) {
  const std::string text = row.string_at("id").value_or("");
  std::int64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

/// The answer to a GET, asked for again while the server says that it cannot answer now: a node
/// whose machine stood still must hear of the others first.
std::optional<Reply> look_at(HttpClient& client, const std::string& path,
                             const std::string& credentials) {
  constexpr int kAttempts = 1'000;
  const std::string request = request_text("GET", path, credentials, "");
  for (int attempt = 1;; ++attempt) {
    auto reply = client.exchange(request);
    if (!reply || reply->status != 503 || attempt == kAttempts) return reply;
    pause_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

Auditor::Auditor(std::string credentials, int customers, Findings& findings)
    : credentials_(std::move(credentials)), findings_(findings) {
  for (int number = 0; number < customers; ++number) {
    for (const char* item : kItems) {
      const std::string customer = customer_name(number);
      ledgers_.push_back({"/customers/custom/" + customer + "/items/" + item, item, customer, {}});
    }
  }
}

/// Lines with ids above `above`, oldest first.
std::vector<LedgerLine> Auditor::fetch(HttpClient& client, const Ledger& ledger,
                                       std::int64_t above) {
  std::vector<LedgerLine> lines;
  std::string cursor;
  for (;;) {
    const std::string query = "/ledger?limit=100" + (cursor.empty() ? "" : "&cursor=" + cursor);
    const auto reply = look_at(client, ledger.path + query, credentials_);
    const auto body = reply ? json::parse(reply->body) : json::parse("x");
    const auto* items = body ? body->find("items") : nullptr;
    if (items == nullptr || items->as_array() == nullptr) {
      findings_.add(ledger.path +
                    ": the ledger cannot be read: " + (reply ? reply->body : "no answer"));
      return {};
    }
    bool reached = false;
    for (const auto& row : *items->as_array()) {
      const std::int64_t id = id_of(row);
      reached = reached || id <= above;
      if (reached) break;
      lines.push_back({id, row.int_at("change").value_or(0),
                       row.int_at("quantity_after").value_or(0),
                       row.string_at("cause").value_or(""), row.string_at("source").value_or(""),
                       row.string_at("description").value_or("")});
    }
    const auto* pagination = body->find("pagination");
    const auto next = pagination ? pagination->string_at("next_cursor") : std::nullopt;
    if (reached || !next) break;
    cursor = percent_encode(*next);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

void Auditor::check_continuation(const Ledger& ledger, std::size_t first_new) {
  for (std::size_t i = first_new; i < ledger.lines.size(); ++i) {
    const LedgerLine& line = ledger.lines[i];
    const std::int64_t before = i == 0 ? 0 : ledger.lines[i - 1].quantity_after;
    if (before + line.change != line.quantity_after) {
      findings_.add(ledger.path + ": entry " + std::to_string(line.id) + " says " +
                    std::to_string(line.quantity_after) + " after " + std::to_string(before) +
                    " and a change of " + std::to_string(line.change));
    }
    if (i > 0 && line.id <= ledger.lines[i - 1].id) {
      findings_.add(ledger.path + ": entry ids do not grow");
    }
    if (line.cause == "try_decrease" && line.quantity_after < 0) {
      findings_.add(ledger.path + ": a try-decrease made a debt, entry " + std::to_string(line.id));
    }
  }
}

void Auditor::check_balance(HttpClient& client, const Ledger& ledger) {
  const auto reply = look_at(client, ledger.path, credentials_);
  const auto body = reply ? json::parse(reply->body) : json::parse("x");
  const auto quantity = body ? body->int_at("quantity") : std::nullopt;
  const std::int64_t expected = ledger.lines.empty() ? 0 : ledger.lines.back().quantity_after;
  if (!quantity || *quantity != expected) {
    findings_.add(ledger.path + ": the ledger says " + std::to_string(expected) +
                  ", the item says " + (reply ? reply->body : "nothing"));
  }
}

void Auditor::remember(const Ledger& ledger, std::size_t first_new) {
  for (std::size_t i = first_new; i < ledger.lines.size(); ++i) {
    const LedgerLine& line = ledger.lines[i];
    ++lines_;
    if (line.cause == "purchase") {
      ++by_purchase_[line.source];
      ++new_grants_[ledger.customer];
    } else {
      // One description belongs to one item, so this also finds an entry under the wrong item.
      auto& seen = by_description_[ledger.item + " " + line.description];
      ++seen.times;
      seen.quantity_after = line.quantity_after;
    }
  }
}

void Auditor::read_new(std::uint16_t port) {
  HttpClient client(port);
  for (auto& ledger : ledgers_) {
    const std::size_t first_new = ledger.lines.size();
    auto lines = fetch(client, ledger, first_new == 0 ? 0 : ledger.lines.back().id);
    ledger.lines.insert(ledger.lines.end(), lines.begin(), lines.end());
    check_continuation(ledger, first_new);
    remember(ledger, first_new);
    check_balance(client, ledger);
  }
}

void Auditor::read_all_again(std::uint16_t port) {
  HttpClient client(port);
  for (const auto& ledger : ledgers_) {
    const auto lines = fetch(client, ledger, 0);
    const bool same = std::equal(lines.begin(), lines.end(), ledger.lines.begin(),
                                 ledger.lines.end(), [](const LedgerLine& a, const LedgerLine& b) {
                                   return a.id == b.id && a.change == b.change &&
                                          a.quantity_after == b.quantity_after &&
                                          a.cause == b.cause && a.source == b.source &&
                                          a.description == b.description;
                                 });
    if (!same) findings_.add(ledger.path + ": its history is not what it was");
  }
}

void Auditor::settle_parts(const Operation& operation, bool lost_allowed) {
  int applied = 0;
  for (const Part& part : operation.parts) {
    const auto found = by_description_.find(part.item + " " + part.description);
    const int times = found == by_description_.end() ? 0 : found->second.times;
    applied += times > 0 ? 1 : 0;
    if (times > 1)
      findings_.add(part.description + ": took effect " + std::to_string(times) + " times");
    if (!part.applied) {
      if (!lost_allowed && times != 0) {
        findings_.add(part.description + ": took effect, and its request was never answered");
      }
      unknown_applied_ += times > 0 ? 1 : 0;
      continue;
    }
    if (*part.applied && times == 0) {
      findings_.add(part.description + ": was acknowledged and is not in the ledger");
    }
    if (!*part.applied && times != 0) {
      findings_.add(part.description + ": was refused and is in the ledger");
    }
    if (*part.applied && times == 1 && part.quantity != found->second.quantity_after) {
      findings_.add(part.description + ": the answer's quantity is not the ledger's");
    }
  }
  const bool none_or_all = applied == 0 || applied == static_cast<int>(operation.parts.size());
  if (operation.kind == Kind::kAtomicBatch && !none_or_all) {
    findings_.add(operation.parts[0].description + ": half of an atomic batch took effect");
  }
}

void Auditor::settle_user(HttpClient& client, const Operation& operation, bool lost_allowed) {
  const auto reply = look_at(client, "/users/" + operation.customer, credentials_);
  const bool exists = reply && reply->status == 200;
  if (!reply || (reply->status != 200 && reply->status != 404)) {
    findings_.add(operation.customer + ": cannot be looked up");
  } else if (operation.reply && operation.reply->status == 201 && !exists) {
    findings_.add(operation.customer + ": was acknowledged and does not exist");
  } else if (operation.reply && operation.reply->status != 201 && exists) {
    findings_.add(operation.customer + ": was refused and exists");
  } else if (!operation.reply && !lost_allowed && exists) {
    findings_.add(operation.customer + ": exists, and its request was never answered");
  }
}

void Auditor::settle_grants(const std::vector<Operation>& operations, bool lost_allowed) {
  std::unordered_map<std::string, int> acknowledged;
  std::unordered_map<std::string, int> unknown;
  for (const auto& operation : operations) {
    if (operation.kind != Kind::kGrant) continue;
    if (!operation.purchase.empty()) {
      ++acknowledged[operation.customer];
      const auto found = by_purchase_.find(operation.purchase);
      const int times = found == by_purchase_.end() ? 0 : found->second;
      if (times != 1) {
        findings_.add("purchase " + operation.purchase + ": acknowledged once, in the ledger " +
                      std::to_string(times) + " times");
      }
    } else if (!operation.reply && lost_allowed) {
      ++unknown[operation.customer];
    }
  }
  for (const auto& ledger : ledgers_) {
    if (ledger.item != "credits") continue;
    const int surplus = new_grants_[ledger.customer] - acknowledged[ledger.customer];
    if (surplus < 0 || surplus > unknown[ledger.customer]) {
      findings_.add(ledger.customer + ": " + std::to_string(surplus) +
                    " purchases that nobody was told of");
    }
    unknown_applied_ += surplus > 0 ? static_cast<std::uint64_t>(surplus) : 0;
  }
  new_grants_.clear();
}

void Auditor::settle(const std::vector<Operation>& operations, bool lost_allowed,
                     std::uint16_t port) {
  HttpClient client(port);
  for (const auto& operation : operations) {
    if (!operation.complaint.empty()) findings_.add(operation.path + ": " + operation.complaint);
    if (operation.kind == Kind::kUser) {
      settle_user(client, operation, lost_allowed);
    } else {
      settle_parts(operation, lost_allowed);
    }
  }
  settle_grants(operations, lost_allowed);
}

}  // namespace purser::faults
