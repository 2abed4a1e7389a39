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
void check_product_choice(const json::Value& body, FieldErrors& errors);

// Running subscriptions (handlers_subscriptions.cpp).
void get_subscription(const CallPtr& call);
void cancel_subscription(const CallPtr& call);
void resume_subscription(const CallPtr& call);
void switch_subscription(const CallPtr& call);
void preview_switch(const CallPtr& call);

// Paying, refunds and the project's account (handlers_billing.cpp).
void get_billing(const CallPtr& call);
void create_setup_intent(const CallPtr& call);
void set_default_payment_method(const CallPtr& call);
void list_invoices(const CallPtr& call);
void list_transactions(const CallPtr& call);
void refund_purchase(const CallPtr& call);
void check_refund(const json::Value& body, FieldErrors& errors);
void connect_account(const CallPtr& call);
void get_payment_account(const CallPtr& call);
void stripe_webhook(const CallPtr& call);
void list_inbox(const CallPtr& call);
void retry_inbox_event(const CallPtr& call);

// Where events go (handlers_endpoints.cpp).
void create_endpoint(const CallPtr& call);
void list_endpoints(const CallPtr& call);
void get_endpoint(const CallPtr& call);
void update_endpoint(const CallPtr& call);
void delete_endpoint(const CallPtr& call);
void rotate_endpoint_secret(const CallPtr& call);
void list_deliveries(const CallPtr& call);
void retry_delivery(const CallPtr& call);
void replay_events(const CallPtr& call);

// Pages for buyers (handlers_pages.cpp).
void done_page(const CallPtr& call);
void purchase_page(const CallPtr& call);
void choose_price(const CallPtr& call);

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
void reconcile(const CallPtr& call);
void verify(const CallPtr& call);
void backup(const CallPtr& call);

// The server itself (handlers_system.cpp).
void health(const CallPtr& call);
void ready(const CallPtr& call);
void metrics(const CallPtr& call);
void api_description(const CallPtr& call);
void home_page(const CallPtr& call);

}  // namespace purser::http::handlers
