#pragma once

#include <string>

#include "sandbox/api.hpp"
#include "sandbox/session_lines.hpp"

namespace purser::sandbox {

// What a session's mode lets its request say beyond line items.

/// "payment", "subscription" or "setup"; notes a complaint about anything else.
std::string read_mode(Call& call);
/// Reads payment_intent_data, subscription_data, setup_intent_data, invoice_creation and
/// payment_method_collection: members of the session's hidden part; sets what the session shows.
json::Value read_mode_options(Call& call, const std::string& mode, json::Value& session);
/// Sets amounts and currency, and adds the session's setup intent in mode `setup`.
void finish_session(const Scene& scene, const std::string& mode, const SessionLines& lines,
                    json::Value& session, const json::Value& hidden);

}  // namespace purser::sandbox
