#pragma once

// The handlers of users, teams, sessions and projects; see handlers.hpp.

#include "http/route.hpp"

namespace purser::http::compat::handlers {

// Users (people_users.cpp).
void get_me(const CallPtr& call);
void update_me(const CallPtr& call);
void create_user(const CallPtr& call);
void list_users(const CallPtr& call);
void get_user(const CallPtr& call);
void update_user(const CallPtr& call);
void delete_user(const CallPtr& call);
void check_user(const json::Value& body, FieldErrors& errors);

// Teams, memberships and permissions (people_teams.cpp, people_memberships.cpp).
void list_teams(const CallPtr& call);
void create_team(const CallPtr& call);
void get_team(const CallPtr& call);
void update_team(const CallPtr& call);
void delete_team(const CallPtr& call);
void add_member(const CallPtr& call);
void remove_member(const CallPtr& call);
void list_permissions(const CallPtr& call);
void grant_permission(const CallPtr& call);
void revoke_permission(const CallPtr& call);

// Signing in (people_sessions.cpp).
void create_session(const CallPtr& call);
void sign_up(const CallPtr& call);
void sign_in(const CallPtr& call);
void sign_out(const CallPtr& call);
void refresh_token(const CallPtr& call);
void check_sign_up(const json::Value& body, FieldErrors& errors);

// Projects and their keys (internal_projects.cpp, internal_keys.cpp).
void get_current_project(const CallPtr& call);
void list_projects(const CallPtr& call);
void create_project(const CallPtr& call);
void get_project(const CallPtr& call);
void update_project(const CallPtr& call);
void create_key_set(const CallPtr& call);
void list_key_sets(const CallPtr& call);
void update_key_set(const CallPtr& call);
void check_revoked(const json::Value& body, FieldErrors& errors);
void check_key_set(const json::Value& body, FieldErrors& errors);

// Configuration and the account to sell through (internal_config.cpp).
void get_config(const CallPtr& call);
void get_config_override(const CallPtr& call);
void update_config_override(const CallPtr& call);
void set_up_payments(const CallPtr& call);
void get_account_info(const CallPtr& call);

}  // namespace purser::http::compat::handlers
