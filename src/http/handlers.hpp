#pragma once

// Every handler of the route table. Each answers its call exactly once, at once or later.

#include "http/route.hpp"

namespace purser::http::handlers {

// Items of a customer (handlers_items.cpp).
void list_items(const CallPtr& call);
void get_item(const CallPtr& call);
void change_quantity(const CallPtr& call);
void try_decrease(const CallPtr& call);
void item_batch(const CallPtr& call);
void item_ledger(const CallPtr& call);
void check_change_quantity(const json::Value& body, FieldErrors& errors);
void check_item_batch(const json::Value& body, FieldErrors& errors);

// Selling and granting (handlers_sales.cpp).
void checkout(const CallPtr& call);
void list_products(const CallPtr& call);
void grant_product(const CallPtr& call);
void stripe_webhook(const CallPtr& call);
void check_product_choice(const json::Value& body, FieldErrors& errors);

// Users and teams (handlers_people.cpp).
void create_user(const CallPtr& call);
void list_users(const CallPtr& call);
void get_user(const CallPtr& call);
void get_me(const CallPtr& call);
void update_user(const CallPtr& call);
void delete_user(const CallPtr& call);
void create_team(const CallPtr& call);
void list_teams(const CallPtr& call);
void get_team(const CallPtr& call);
void update_team(const CallPtr& call);
void delete_team(const CallPtr& call);
void check_new_user(const json::Value& body, FieldErrors& errors);

// Memberships and sessions (handlers_sessions.cpp).
void list_memberships(const CallPtr& call);
void create_membership(const CallPtr& call);
void update_membership(const CallPtr& call);
void delete_membership(const CallPtr& call);
void create_session(const CallPtr& call);
void list_sessions(const CallPtr& call);
void revoke_session(const CallPtr& call);
void refresh_session(const CallPtr& call);
void project_jwks(const CallPtr& call);

// What administrators do (handlers_projects.cpp).
void get_catalog(const CallPtr& call);
void put_catalog(const CallPtr& call);
void get_project(const CallPtr& call);
void update_project(const CallPtr& call);
void create_key(const CallPtr& call);
void list_keys(const CallPtr& call);
void revoke_key(const CallPtr& call);

// What the root key does (handlers_root.cpp).
void create_project(const CallPtr& call);
void list_projects(const CallPtr& call);
void set_clock(const CallPtr& call);
void verify(const CallPtr& call);
void backup(const CallPtr& call);

// The server itself (handlers_system.cpp).
void health(const CallPtr& call);
void ready(const CallPtr& call);
void metrics(const CallPtr& call);
void api_description(const CallPtr& call);
void home_page(const CallPtr& call);
void done_page(const CallPtr& call);

}  // namespace purser::http::handlers
