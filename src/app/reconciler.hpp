#pragma once

// Compares what is recorded here with what the provider has, for events that were lost.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/drift.hpp"
#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/provider_access.hpp"
#include "app/registry.hpp"
#include "app/webhooks.hpp"

namespace purser::app {

/// What one comparison found.
struct ReconcileReport {
  ProjectId project;
  Timestamp since;           ///< the provider's events from here on were looked through
  Timestamp until;           ///< … to here
  int events = 0;            ///< how many there were that we handle
  int missed = 0;            ///< how many of them never arrived
  int objects = 0;           ///< how many objects they were about; each was compared
  std::vector<Drift> drift;  ///< what differed
  std::vector<Drift> left;   ///< what of it still differs: all without repair
};

/// Thread-safe; blocks on the provider and the engine.
class Reconciler {
 public:
  Reconciler(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
             Webhooks& webhooks, const Clock& clock);

  /// Pages through the account's events since the last comparison (of the first one: since the
  /// project was made; at most 30 days, which is as long as the provider keeps them) and compares
  /// each object that they are about. With `repair`, what differs is applied as its events would
  /// have been, and the next comparison begins where this one ended. Errors: kProjectNotFound,
  /// kPaymentsNotConfigured, those of the provider; what was repaired by then stays so.
  Result<ReconcileReport> reconcile(const ProjectId& project, bool repair);

  /// One round: reconciles and repairs each project whose last comparison is an hour ago; one that
  /// cannot be compared is tried again an hour later and does not hold up the others. Tells
  /// `on_report` of each comparison. Answers how many there were; an error is the last one.
  Result<int> sweep(const std::function<void(const ReconcileReport&)>& on_report);

 private:
  using Subject = std::pair<ProviderObject, std::string>;

  Result<std::vector<Subject>> collect(const ProviderConnection& connection,
                                       ReconcileReport& report);
  Status compare(const ProviderConnection& connection, const std::vector<Subject>& subjects,
                 bool repair, ReconcileReport& report);
  Result<std::string> mend(DriftFinder& finder, const ProjectId& project, const Drift& drift);
  Status keep_mark(const ReconcileReport& report);
  bool is_due(const ProjectContext& context);

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  ProviderAccess& access_;
  Webhooks& webhooks_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<ProjectId, Timestamp> tried_;  ///< when a sweep last began with a project
};

}  // namespace purser::app
