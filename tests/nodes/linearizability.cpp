#include "tests/nodes/linearizability.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_set>

namespace purser::nodes {

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

bool is_pure(const Step& step) {
  return step.kind == Step::Kind::kRead ||
         (step.kind == Step::Kind::kTryDecrease && step.happened == false);
}

bool is_needed(const Step& step) { return is_pure(step) || step.happened.has_value(); }

std::int64_t delta(const Step& step) {
  return step.kind == Step::Kind::kTryDecrease ? -step.amount : step.amount;
}

/// Whether a counter that stands at `now` answers like this.
bool fits(const Step& step, std::int64_t now) {
  switch (step.kind) {
    case Step::Kind::kRead:
      return step.quantity == now;
    case Step::Kind::kTryDecrease:
      if (step.happened == false) return now < step.amount;
      return now >= step.amount && (!step.quantity || *step.quantity == now - step.amount);
    default:
      return !step.quantity || *step.quantity == now + step.amount;
  }
}

/// Steps that fit the same quantity and are the same in this do the same.
bool same_effect(const Step& a, const Step& b) {
  return a.kind == b.kind && a.amount == b.amount &&
         a.quantity.has_value() == b.quantity.has_value() && is_needed(a) == is_needed(b);
}

class Search {
 public:
  Search(std::int64_t initial, const std::vector<Step>& steps, std::uint64_t limit);
  Verdict run();

 private:
  /// A point where something was chosen, and what else could be.
  struct Frame {
    std::int64_t quantity = 0;         // before the choice
    std::vector<std::size_t> placed;   // by this frame: pure ones, then the choice
    std::vector<std::size_t> choices;  // not tried yet; the best is the last
  };

  const Step& step(std::size_t node) const { return steps_[order_[node]]; }
  void place(Frame& frame, std::size_t node);
  void take_back(Frame& frame);
  void place_pure(Frame& frame);
  /// Who can stand next: nobody left was answered before it was called.
  template <class Visit>
  void each_candidate(Visit visit) const;
  std::vector<std::size_t> choices() const;
  bool is_new_place(std::int64_t quantity);
  void note_depth();
  std::string stuck() const;

  const std::vector<Step>& steps_;
  std::vector<std::size_t> order_;  // by call; a node is a place in it
  // Those not placed yet, as a list over the nodes; the last element is its head.
  std::vector<std::size_t> next_;
  std::vector<std::size_t> before_;
  std::vector<bool> left_;
  std::int64_t quantity_;
  std::size_t placed_ = 0;
  std::size_t needed_ = 0;  // not placed yet
  std::uint64_t budget_;
  std::unordered_set<std::string> seen_;
  std::size_t deepest_ = 0;
  std::string deepest_why_;
};

Search::Search(std::int64_t initial, const std::vector<Step>& steps, std::uint64_t limit)
    : steps_(steps),
      order_(steps.size()),
      next_(steps.size() + 1),
      before_(steps.size() + 1),
      left_(steps.size(), true),
      quantity_(initial),
      budget_(limit) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return steps[a].called < steps[b].called; });
  const std::size_t head = steps.size();
  for (std::size_t node = 0; node <= head; ++node) {
    next_[node] = node == head ? 0 : node + 1;
    before_[node] = node == 0 ? head : node - 1;
  }
  needed_ = static_cast<std::size_t>(std::count_if(steps.begin(), steps.end(), is_needed));
}

void Search::place(Frame& frame, std::size_t node) {
  next_[before_[node]] = next_[node];
  before_[next_[node]] = before_[node];
  left_[node] = false;
  ++placed_;
  if (is_needed(step(node))) --needed_;
  if (!is_pure(step(node))) quantity_ += delta(step(node));
  frame.placed.push_back(node);
}

void Search::take_back(Frame& frame) {
  // In the opposite order, so that each finds its neighbours as it left them.
  while (!frame.placed.empty()) {
    const std::size_t node = frame.placed.back();
    frame.placed.pop_back();
    next_[before_[node]] = node;
    before_[next_[node]] = node;
    left_[node] = true;
    --placed_;
    if (is_needed(step(node))) ++needed_;
  }
  quantity_ = frame.quantity;
}

// Whoever comes in the order of calls before the first answer is called before it too, so one
// pass finds both.
template <class Visit>
void Search::each_candidate(Visit visit) const {
  const std::size_t head = steps_.size();
  std::int64_t first_answer = kNever;
  for (std::size_t node = next_[head]; node != head && step(node).called <= first_answer;
       node = next_[node]) {
    first_answer = std::min(first_answer, step(node).answered);
    visit(node);
  }
}

void Search::place_pure(Frame& frame) {
  std::vector<std::size_t> fitting;
  do {
    fitting.clear();
    each_candidate([&](std::size_t node) {
      if (is_pure(step(node)) && fits(step(node), quantity_)) fitting.push_back(node);
    });
    for (const std::size_t node : fitting) place(frame, node);
  } while (!fitting.empty());
}

std::vector<std::size_t> Search::choices() const {
  std::vector<std::size_t> found;
  each_candidate([&](std::size_t node) {
    const Step& candidate = step(node);
    if (is_pure(candidate) || !fits(candidate, quantity_)) return;
    for (std::size_t& other : found) {
      if (!same_effect(step(other), candidate)) continue;
      if (candidate.answered < step(other).answered) other = node;
      return;
    }
    found.push_back(node);
  });
  // What is known best is tried first: it is taken from the end.
  const auto worth = [&](std::size_t node) {
    const Step& s = step(node);
    return std::pair(is_needed(s) ? (s.quantity ? 2 : 1) : 0, -s.answered);
  };
  std::sort(found.begin(), found.end(),
            [&](std::size_t a, std::size_t b) { return worth(a) < worth(b); });
  return found;
}

bool Search::is_new_place(std::int64_t quantity) {
  std::string place(left_.size() / 8 + 1, '\0');
  for (std::size_t node = 0; node < left_.size(); ++node) {
    if (left_[node]) place[node / 8] = static_cast<char>(place[node / 8] | (1 << (node % 8)));
  }
  return seen_.insert(std::to_string(quantity) + " " + place).second;
}

void Search::note_depth() {
  if (!deepest_why_.empty() && placed_ <= deepest_) return;
  deepest_ = placed_;
  deepest_why_ = stuck();
}

std::string Search::stuck() const {
  std::size_t first = kNone;
  each_candidate([&](std::size_t node) {
    if (!is_needed(step(node))) return;
    if (first == kNone || step(node).answered < step(first).answered) first = node;
  });
  if (first == kNone) return "nothing is left";
  const Step& s = step(first);
  std::string text = s.name + ": a ";
  text += s.kind == Step::Kind::kRead ? "read" : s.kind == Step::Kind::kChange ? "change" : "try";
  if (s.kind != Step::Kind::kRead) text += " of " + std::to_string(s.amount);
  if (s.happened == false) text += " that was refused";
  if (s.quantity) text += " that says " + std::to_string(*s.quantity);
  return text + " fits nowhere; before its answer the quantity is " + std::to_string(quantity_) +
         " at last, after " + std::to_string(placed_) + " of " + std::to_string(steps_.size()) +
         " steps";
}

Verdict Search::run() {
  std::vector<Frame> path;
  for (;;) {
    Frame frame;
    frame.quantity = quantity_;
    place_pure(frame);
    if (needed_ == 0) return {true, true, placed_, {}};
    frame.choices = choices();
    if (frame.choices.size() > 1 && !is_new_place(quantity_)) frame.choices.clear();
    path.push_back(std::move(frame));
    while (path.back().choices.empty()) {
      note_depth();
      take_back(path.back());
      path.pop_back();
      if (path.empty()) return {false, true, deepest_, deepest_why_};
      // Undo the choice only: what the frame placed before it stays right.
      Frame& last = path.back();
      const std::size_t choice = last.placed.back();
      Frame undone{quantity_ - delta(step(choice)), {choice}, {}};
      last.placed.pop_back();
      take_back(undone);
    }
    if (budget_-- == 0) {
      note_depth();
      return {false, false, deepest_, "given up: too many orders to try; " + deepest_why_};
    }
    Frame& last = path.back();
    const std::size_t choice = last.choices.back();
    last.choices.pop_back();
    place(last, choice);
  }
}

}  // namespace

Verdict check_linearizable(std::int64_t initial, const std::vector<Step>& steps,
                           std::uint64_t limit) {
  return Search(initial, steps, limit).run();
}

}  // namespace purser::nodes
