#include "tests/faults/batch.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "json/json.hpp"
#include "tests/faults/books_audit.hpp"

namespace purser::faults {

namespace {

constexpr Millis kHour{3'600'000};
// Longer than any pause that Purser makes between two attempts, then than any between two looks.
constexpr Millis kRounds[] = {{0},
                              {2 * kHour.count},
                              {2 * kHour.count},
                              {7 * kHour.count},
                              {26 * kHour.count},
                              {26 * kHour.count},
                              {50 * kHour.count}};
// Stripe remembers events for 30 days.
constexpr Millis kMostUnseen{14 * 24 * kHour.count};
constexpr std::chrono::milliseconds kPoll{20};
constexpr int kMostPolls = 3'000;

/// "200", or an error's code.
std::string outcome_of(const Deed& deed) {
  if (deed.status == 0) return "UNKNOWN";
  if (deed.status < 300) return "200";
  const auto answer = json::parse(deed.answer);
  return answer ? answer->string_at("code").value_or("?") : "?";
}

/// One sandbox for all nodes is none of theirs.
Script script_of(const BatchOptions& options) {
  Script script = write_script(options.seed, options.journeys);
  if (options.nodes > 1) script.sandbox_apart = true;
  return script;
}

}  // namespace

Batch::Batch(BatchOptions options, Tally& tally)
    : options_(std::move(options)),
      tally_(tally),
      script_(script_of(options_)),
      shop_({options_.program, options_.work, script_.sandbox_apart, options_.seed,
             options_.postgres, options_.database_folder, options_.nodes}) {
  const int acts = static_cast<int>(script_.acts.size());
  for (int i = 0; i < options_.journeys; ++i) {
    travellers_.emplace_back(plan_journey(options_.seed, i, acts), shop_);
  }
}

Findings Batch::run() {
  play();
  if (findings_.violation_count > 0 || options_.keeps_database) shop_.keep_database();
  return findings_;
}

void Batch::play() {
  const std::string trouble = shop_.open(script_.start, journeys_catalog());
  if (!trouble.empty()) return findings_.add(trouble);
  for (std::size_t act = 0; act < script_.acts.size() && trouble_.empty(); ++act) play_act(act);
  if (!trouble_.empty()) return findings_.add(trouble_);
  converge();
  const std::string differences = shop_.verify();
  if (!differences.empty()) findings_.add("purser verify: " + differences);
  count();
}

void Batch::must(bool good, const char* what) {
  if (!good && trouble_.empty()) trouble_ = what;
}

void Batch::play_act(std::size_t act) {
  const Act& now = script_.acts[act];
  must(shop_.set_faults(now.faults), "the sandbox takes no faults");
  const std::uint64_t before = shop_.answers();
  std::atomic<bool> over{false};
  std::thread journeys([this, act, &over] {
    play_journeys(act);
    over = true;
  });
  auto kill = now.kills.begin();
  bool crashes = now.database_crash.has_value();
  while (!over) {
    const std::uint64_t answers = shop_.answers() - before;
    if (trouble_.empty() && kill != now.kills.end() && answers >= kill->after) {
      must(shop_.kill_and_restart(*kill++), "the server does not start again after a kill");
    }
    if (trouble_.empty() && crashes && answers >= *now.database_crash) {
      must(shop_.crash_database(), "PostgreSQL does not start again after a crash");
      crashes = false;
    }
    pause_for(std::chrono::milliseconds(1));
  }
  journeys.join();
  if (!trouble_.empty()) return;
  must(shop_.tick(), "the sandbox does not answer");
  pass_time(now.pause);
}

/// What is lost must be looked for before the provider forgets it: an hour is long in these days.
void Batch::pass_time(Millis pause) {
  while (pause.count > 0 && trouble_.empty()) {
    // With faults in its way it may fail; the next one begins where the last good one ended.
    if (script_.reconciles) shop_.reconcile(true);
    const Millis step{script_.reconciles ? std::min(pause.count, kMostUnseen.count) : pause.count};
    must(shop_.set_clock(shop_.now() + step), "the clock cannot be moved");
    must(shop_.tick(), "the sandbox does not come to an end with what time brought");
    pause.count -= step.count;
  }
}

void Batch::play_journeys(std::size_t act) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.connections; ++i) {
    threads.emplace_back([this, act, &next] {
      for (std::size_t who; (who = next.fetch_add(1)) < travellers_.size();) {
        travellers_[who].play_act(act);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

/// Faults stop, what was lost is sent again or looked for, time goes on: then both sides must
/// agree.
void Batch::converge() {
  if (!shop_.set_faults({})) return findings_.add("the sandbox takes no orders");
  if (script_.last_kill && !shop_.kill_and_restart(*script_.last_kill)) {
    return findings_.add("the server does not start again after its last death");
  }
  Findings last;
  int rounds = 0;
  for (const Millis pause : kRounds) {
    ++rounds;
    if (pause.count > 0 && !shop_.set_clock(shop_.now() + pause)) break;
    const auto provider = provider_books();
    if (!provider) break;
    if (!script_.reconciles) redeliver(*provider);
    if (!shop_.tick()) break;
    wait_until_idle();
    last = {};
    const std::string left = script_.reconciles ? shop_.reconcile(true) : "";
    if (!left.empty()) last.add("purser reconcile --repair: " + left);
    wait_until_idle();
    if (audit_once(last)) break;
  }
  tally_.add("rounds_to_converge", rounds);
  const std::string drift = shop_.reconcile(false);
  if (!drift.empty()) last.add("purser reconcile: " + drift);
  for (const std::string& violation : last.violations) findings_.add(violation);
  audit_due_repeats();
}

/// A write to an account records what was due in it.
void Batch::audit_due_repeats() {
  Caller callers[kProjects] = {Caller(shop_, 0), Caller(shop_, 1)};
  for (const Traveller& traveller : travellers_) {
    const Journey& journey = traveller.journey();
    Caller& caller = callers[journey.project];
    for (const char* item : {"calls", "bonus"}) {
      const std::string name = journey.customer + "-last-" + item;
      const Answer answer = caller.ask(As::kServer, "POST",
                                       "/customers/" + journey.type + "/" + journey.customer +
                                           "/items/" + shelved(journey.type, item) + "/quantity",
                                       "{\"change\":1}", name);
      if (answer.status != 200) findings_.add(name + ": " + answer.text);
    }
  }
  const auto seller = read_seller_books(shop_.database());
  if (!seller) return findings_.add("the books cannot be read");
  audit_repeats(*seller, shop_.now(), findings_);
}

void Batch::redeliver(const ProviderBooks& provider) {
  Caller caller(shop_);
  for (const std::string& event : provider.undelivered) {
    caller.page("POST", "/_sandbox/events/" + event + "/redeliver", "");
  }
  tally_.add("events_sent_again", static_cast<std::int64_t>(provider.undelivered.size()));
}

/// Until Purser has nothing left to do at this instant.
void Batch::wait_until_idle() {
  for (int i = 0; i < kMostPolls; ++i) {
    if (work_due(shop_.database(), shop_.now().millis()) == 0) return;
    pause_for(kPoll);
  }
  findings_.add("Purser does not come to an end with what is due");
}

std::optional<ProviderBooks> Batch::provider_books() {
  Caller caller(shop_);
  const Answer books = caller.page("GET", "/_sandbox/books", "");
  if (books.status != 200) return std::nullopt;
  return read_provider_books(books.body);
}

bool Batch::audit_once(Findings& findings) {
  auto provider = provider_books();
  auto seller = read_seller_books(shop_.database());
  if (!provider || !seller) {
    findings.add("the books cannot be read");
    return false;
  }
  provider_ = *std::move(provider);
  seller_ = *std::move(seller);
  std::vector<Diary> diaries;
  for (const Traveller& traveller : travellers_) diaries.push_back(traveller.diary());
  audit_books(provider_, seller_, diaries, findings);
  return findings.violation_count == 0;
}

void Batch::count() {
  const auto size = [](const auto& rows) { return static_cast<std::int64_t>(rows.size()); };
  tally_.add("journeys", options_.journeys);
  tally_.add("batches_with_the_sandbox_apart", script_.sandbox_apart ? 1 : 0);
  tally_.add("batches_that_reconcile", script_.reconciles ? 1 : 0);
  tally_.add("answers", static_cast<std::int64_t>(shop_.answers()));
  tally_.add("kills", static_cast<std::int64_t>(shop_.kills()));
  tally_.add("database_crashes", static_cast<std::int64_t>(shop_.database_crashes()));
  tally_.add("purchases", size(seller_.purchases));
  tally_.add("charges", std::count_if(provider_.charges.begin(), provider_.charges.end(),
                                      [](const auto& row) { return row.status == "succeeded"; }));
  tally_.add("refunds", size(provider_.refunds));
  tally_.add("disputes", size(provider_.disputes));
  tally_.add("subscriptions", size(provider_.subscriptions));
  tally_.add("ledger_entries", size(seller_.entries));
  tally_.add("alarms", size(seller_.alarms));
  for (const Traveller& traveller : travellers_) {
    tally_.add("customers_" + traveller.journey().type, 1);
    for (const Deed& deed : traveller.diary().deeds) tally_.add("answered_" + outcome_of(deed), 1);
  }
}

}  // namespace purser::faults
