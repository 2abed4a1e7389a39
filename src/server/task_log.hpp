#pragma once

// What background tasks say in the log.

#include <string>

#include "app/reconciler.hpp"
#include "types/error.hpp"

namespace purser::server {

/// A task that will be tried again.
void log_failed_task(const std::string& task, const Error& error);

/// What a comparison with the provider found; nothing when all agrees.
void log_drift(const app::ReconcileReport& report);

}  // namespace purser::server
