#pragma once

// Users and teams in the words of the protocol, and who is meant by "me".

#include <optional>
#include <string>
#include <variant>

#include "app/ports/store.hpp"
#include "http/core.hpp"
#include "json/json.hpp"

namespace purser::http::compat {

/// A user as a client or a server sees it. What has no meaning here has always the same value.
/// Reads the selected team.
Result<std::string> encode_user(app::StoreView& view, const app::User& user, bool for_client);

void write_team(json::Writer& out, const app::Team& team, bool for_client);
std::string encode_team(const app::Team& team, bool for_client);

/// {"items": […], "is_paginated": …, "pagination": {"next_cursor": …}} around rows that are JSON.
std::string encode_list(const std::string& rows, const std::optional<std::string>& next_cursor);

/// {"success": true}
std::string encode_success();

/// A member that may be an object, null (then it is removed) or absent, as JSON text.
std::optional<std::string> metadata_at(const json::Value& body, std::string_view name);
/// A member that may be a text, null (then it is empty) or absent.
std::optional<std::string> text_at(const json::Value& body, std::string_view name);

/// Appends an error unless a member that is there is an e-mail address.
void check_email(const json::Value& body, std::string_view name, FieldErrors& errors);

/// The caller's user; or what is answered when nobody is signed in.
std::variant<UserId, Reply> signed_in(const Call& call);
/// Whom `name` means: "me" is the caller, and a client may name nobody else. `refusal` is answered
/// to a client that does.
std::variant<UserId, Reply> named_user(const Call& call, const std::string& name,
                                       std::string_view refusal);

}  // namespace purser::http::compat
