#pragma once

// The structured columns of settings, payments, profiles and what disputes took, as JSON text.

#include <string>
#include <string_view>
#include <vector>

#include "app/records.hpp"
#include "types/result.hpp"

namespace purser::sql {

// Decoding errors are kInternalError: the text was not written by this program.

std::string encode_settings(const app::ProjectSettings& settings);
Result<app::ProjectSettings> decode_settings(std::string_view text);

std::string encode_payments(const app::ProjectPayments& payments);
Result<app::ProjectPayments> decode_payments(std::string_view text);

std::string encode_user_profile(const app::UserProfile& profile);
Result<app::UserProfile> decode_user_profile(std::string_view text);

std::string encode_team_profile(const app::TeamProfile& profile);
Result<app::TeamProfile> decode_team_profile(std::string_view text);

std::string encode_taken(const std::vector<app::TakenLot>& taken);
Result<std::vector<app::TakenLot>> decode_taken(std::string_view text);

}  // namespace purser::sql
