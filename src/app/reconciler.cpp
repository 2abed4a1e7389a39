#include "app/reconciler.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace purser::app {
namespace {

constexpr Millis kHour{3'600'000};
// What was on its way when the last comparison ended, and clocks that differ.
constexpr Millis kOverlap{10LL * 60'000};
constexpr Millis kKept{30LL * 24 * kHour.count};  // https://docs.stripe.com/api/events

/// Where a comparison begins.
Timestamp since_of(const Project& project, Timestamp now) {
  const Timestamp mark = project.payments.reconciled_until.value_or(project.created_at);
  return std::max(mark + Millis{-kOverlap.count}, now + Millis{-kKept.count});
}

}  // namespace

Reconciler::Reconciler(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
                       Webhooks& webhooks, const Clock& clock)
    : engine_(engine),
      store_(store),
      registry_(registry),
      access_(access),
      webhooks_(webhooks),
      clock_(clock) {}

Result<ReconcileReport> Reconciler::reconcile(const ProjectId& project, bool repair) {
  const auto context = registry_.project(project);
  if (!context) {
    return Error{ErrorCode::kProjectNotFound, "No such project.", {{"project_id", project.str()}}};
  }
  PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
  ReconcileReport report;
  report.project = project;
  report.until = clock_.now();
  report.since = since_of(context->project, report.until);
  PURSER_TRY(const std::vector<Subject> subjects, collect(connection, report));
  PURSER_CHECK_OK(compare(connection, subjects, repair, report));
  if (repair) PURSER_CHECK_OK(keep_mark(report));
  return report;
}

/// What the events are about, each object once, in the order in which things happened.
Result<std::vector<Reconciler::Subject>> Reconciler::collect(const ProviderConnection& connection,
                                                             ReconcileReport& report) {
  std::vector<Subject> subjects;  // newest first, until it is turned round
  std::set<Subject> seen;
  std::string after;
  for (;;) {
    PURSER_TRY(const ProviderEventPage page,
               access_.provider().events(connection.as, report.since, after));
    const auto view = store_.view();
    for (const ProviderEvent& event : page.events) {
      ++report.events;
      PURSER_TRY(const auto received, view->inbox_event(report.project, event.id));
      if (!received) ++report.missed;
      Subject subject{event.about, event.subject};
      if (seen.insert(subject).second) subjects.push_back(std::move(subject));
    }
    if (!page.next_after) break;
    after = *page.next_after;
  }
  std::reverse(subjects.begin(), subjects.end());
  // A sale before its invoices, and both before the money that came back: what the one writes down
  // is what the next is compared with.
  std::stable_sort(subjects.begin(), subjects.end(),
                   [](const Subject& a, const Subject& b) { return a.first < b.first; });
  report.objects = static_cast<int>(subjects.size());
  return subjects;
}

Status Reconciler::compare(const ProviderConnection& connection,
                           const std::vector<Subject>& subjects, bool repair,
                           ReconcileReport& report) {
  DriftFinder finder(store_, access_.provider(), connection, report.project);
  for (const auto& [about, subject] : subjects) {
    PURSER_TRY(const std::string what, finder.look_at(about, subject));
    if (what.empty()) continue;
    report.drift.push_back({about, subject, what});
    PURSER_TRY(std::string left, repair ? mend(finder, report.project, report.drift.back()) : what);
    if (!left.empty()) report.left.push_back({about, subject, std::move(left)});
  }
  return {};
}

/// Answers what still differs then.
Result<std::string> Reconciler::mend(DriftFinder& finder, const ProjectId& project,
                                     const Drift& drift) {
  PURSER_CHECK_OK(webhooks_.apply(project, drift.about, drift.object));
  return finder.look_at(drift.about, drift.object);
}

Status Reconciler::keep_mark(const ReconcileReport& report) {
  auto kept = engine_.execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
    PURSER_TRY(std::optional<Project> project, batch.project(report.project));
    if (!project) return Error::internal("a project is gone");
    Decision decision;
    std::optional<Timestamp>& mark = project->payments.reconciled_until;
    if (mark && *mark >= report.until) return decision;
    mark = report.until;
    PURSER_CHECK_OK(batch.update_project(*project));
    decision.after_commit.emplace_back(
        [this, updated = *std::move(project)] { registry_.publish(updated); });
    return decision;
  });
  return kept ? Status() : Status(std::move(kept).error());
}

bool Reconciler::is_due(const ProjectContext& context) {
  const Timestamp now = clock_.now();
  const auto& mark = context.project.payments.reconciled_until;
  std::lock_guard lock(mutex_);
  Timestamp& tried = tried_[context.project.id];
  const Timestamp last = std::max(tried, mark.value_or(context.project.created_at));
  if (now - last < kHour) return false;
  tried = now;
  return true;
}

Result<int> Reconciler::sweep(const std::function<void(const ReconcileReport&)>& on_report) {
  int compared = 0;
  std::optional<Error> failed;
  for (const ProjectId& id : registry_.projects()) {
    const auto context = registry_.project(id);
    // Whoever has no provider has nothing to compare.
    if (!context || !is_due(*context) || !access_.credentials(*context)) continue;
    auto report = reconcile(id, true);
    if (report) {
      ++compared;
      on_report(*report);
    } else {
      failed = std::move(report).error();
    }
  }
  if (failed) return *std::move(failed);
  return compared;
}

}  // namespace purser::app
