#include "server/task_log.hpp"

#include <cstdint>

#include "server/log.hpp"

namespace purser::server {

void log_failed_task(const std::string& task, const Error& error) {
  log_event(LogLevel::kWarn, "A background task failed and will be tried again.",
            {{"task", task},
             {"code", std::string(error_row(error.code).name)},
             {"detail", error.message + " " + error.log.for_log()}});
}

void log_drift(const app::ReconcileReport& report) {
  if (report.drift.empty()) return;
  const bool repaired = report.left.empty();
  log_event(repaired ? LogLevel::kWarn : LogLevel::kError,
            repaired ? "What was recorded differed from what Stripe has, and was repaired."
                     : "What is recorded differs from what Stripe has; purser reconcile lists it.",
            {{"project_id", std::string(report.project.str())},
             {"missed_events", std::int64_t{report.missed}},
             {"differed", static_cast<std::int64_t>(report.drift.size())},
             {"left", static_cast<std::int64_t>(report.left.size())}});
}

}  // namespace purser::server
