#include "tests/nodes/history.hpp"

#include <algorithm>
#include <unordered_map>

namespace purser::nodes {

namespace {

using faults::Kind;
using faults::Ledger;
using faults::LedgerLine;

/// Finds what happened, by the names that operations leave in the ledger.
class Lines {
 public:
  Lines(const std::vector<Ledger>& ledgers, const std::vector<std::size_t>& known) {
    for (std::size_t i = 0; i < ledgers.size(); ++i) {
      for (std::size_t j = known[i]; j < ledgers[i].lines.size(); ++j) {
        const LedgerLine& line = ledgers[i].lines[j];
        const bool bought = line.cause == "purchase";
        if (bought) purchases_[line.source] = &line;
        if (!bought) by_name_[ledgers[i].item + " " + line.description] = &line;
      }
    }
  }
  const LedgerLine* of(const faults::Part& part) const {
    return find(by_name_, part.item + " " + part.description);
  }
  const LedgerLine* of_purchase(const std::string& id) const { return find(purchases_, id); }

 private:
  using Map = std::unordered_map<std::string, const LedgerLine*>;
  static const LedgerLine* find(const Map& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second;
  }
  Map by_name_;
  Map purchases_;
};

class Builder {
 public:
  Builder(const std::vector<Ledger>& ledgers, const std::vector<std::size_t>& known)
      : ledgers_(ledgers), known_(known), lines_(ledgers, known) {
    for (std::size_t i = 0; i < ledgers.size(); ++i) {
      const Ledger& ledger = ledgers[i];
      places_[ledger.customer + " " + ledger.item] = i;
      all_.push_back(
          {ledger.path, known[i] == 0 ? 0 : ledger.lines[known[i] - 1].quantity_after, {}});
    }
  }

  void add(const Read& read) {
    Step step;
    step.quantity = read.quantity;
    step.called = read.called;
    step.answered = read.answered;
    step.name = "a read at node " + std::to_string(read.node);
    steps(read.customer, read.item).push_back(std::move(step));
  }

  void add(const Call& call) {
    const auto& operation = call.operation;
    if (operation.kind == Kind::kUser) return;
    if (operation.kind == Kind::kGrant) return add_grant(call);
    for (const auto& part : operation.parts) {
      Step step = step_of(call, part.description);
      step.kind = part.is_try ? Step::Kind::kTryDecrease : Step::Kind::kChange;
      step.amount = part.is_try ? -part.change : part.change;
      step.happened = part.applied;
      step.quantity = part.quantity;
      if (!part.applied) {
        const LedgerLine* line = lines_.of(part);
        if (line == nullptr) continue;  // it never happened
        step.happened = true;
        step.quantity = line->quantity_after;
      } else if (!*part.applied && !refused_by_rule(operation, part)) {
        continue;  // not refused for want: says nothing about the quantity
      }
      steps(operation.customer, part.item).push_back(std::move(step));
    }
  }

  /// Purchases that nobody was told of: of the customers whose grants were not answered.
  void add_untold() {
    for (std::size_t i = 0; i < ledgers_.size(); ++i) {
      const Ledger& ledger = ledgers_[i];
      for (std::size_t j = known_[i]; j < ledger.lines.size(); ++j) {
        const LedgerLine& line = ledger.lines[j];
        if (line.cause != "purchase" || told_.contains(line.source)) continue;
        Step step;
        step.kind = Step::Kind::kChange;
        step.amount = line.change;
        step.happened = true;
        step.quantity = line.quantity_after;
        const auto earliest = untold_.find(ledger.customer);
        step.called = earliest == untold_.end() ? 0 : earliest->second;
        step.name = "a purchase that nobody was told of";
        all_[i].steps.push_back(std::move(step));
      }
    }
  }

  std::vector<ItemHistory> take() { return std::move(all_); }

 private:
  static Step step_of(const Call& call, const std::string& name) {
    Step step;
    step.called = call.called;
    step.answered = call.operation.reply ? call.answered : kNever;
    step.name = name + " at node " + std::to_string(call.node) + ", attempts " +
                std::to_string(call.attempts);
    return step;
  }

  /// A try that was answered "no", and not because it stood in a batch that fell as a whole, or
  /// because the server could not answer.
  static bool refused_by_rule(const faults::Operation& operation, const faults::Part& part) {
    return part.is_try && operation.kind != Kind::kAtomicBatch && operation.reply &&
           operation.reply->status == 200;
  }

  void add_grant(const Call& call) {
    const auto& operation = call.operation;
    if (!operation.reply) {
      const auto [at, is_new] = untold_.emplace(operation.customer, call.called);
      at->second = std::min(at->second, call.called);
      return;
    }
    const LedgerLine* line = lines_.of_purchase(operation.purchase);
    if (line == nullptr) return;  // refused for now; or lost, which the audit says
    told_.emplace(operation.purchase, true);
    Step step = step_of(call, "purchase " + operation.purchase);
    step.kind = Step::Kind::kChange;
    step.amount = line->change;
    step.happened = true;
    step.quantity = line->quantity_after;
    steps(operation.customer, "credits").push_back(std::move(step));
  }

  std::vector<Step>& steps(const std::string& customer, const std::string& item) {
    return all_[places_.at(customer + " " + item)].steps;
  }

  const std::vector<Ledger>& ledgers_;
  const std::vector<std::size_t>& known_;
  const Lines lines_;
  std::unordered_map<std::string, std::size_t> places_;
  std::unordered_map<std::string, bool> told_;            // purchases with an answer
  std::unordered_map<std::string, std::int64_t> untold_;  // customer → first unanswered grant
  std::vector<ItemHistory> all_;
};

}  // namespace

std::vector<ItemHistory> histories(const Record& record, const std::vector<Ledger>& ledgers,
                                   const std::vector<std::size_t>& known) {
  Builder builder(ledgers, known);
  for (const Read& read : record.reads) builder.add(read);
  for (const Call& call : record.calls) builder.add(call);
  builder.add_untold();
  return builder.take();
}

}  // namespace purser::nodes
