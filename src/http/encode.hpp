#pragma once

// Answers as JSON: one function for each shape of answer_schemas.cpp.

#include <cstdint>
#include <string>
#include <vector>

#include "app/items.hpp"
#include "app/people.hpp"
#include "app/ports/store.hpp"
#include "app/projects.hpp"
#include "app/reconciler.hpp"
#include "domain/catalog.hpp"
#include "domain/purchase.hpp"
#include "json/json.hpp"

namespace purser::http {

void write(json::Writer& out, const app::ItemView& item);
void write(json::Writer& out, const app::LedgerLine& line);
void write(json::Writer& out, const app::User& user);
void write(json::Writer& out, const app::Team& team);
void write(json::Writer& out, const app::Membership& membership);
void write(json::Writer& out, const app::Session& session);
void write(json::Writer& out, const app::ApiKey& key);
void write(json::Writer& out, const app::Project& project);

template <class T>
std::string encode(const T& value) {
  json::Writer out;
  write(out, value);
  return out.take();
}

std::string encode_quantity(Quantity quantity);
std::string encode_try_decrease(const app::TryDecreaseReply& reply);
std::string encode_item_batch(const std::vector<app::BatchResult>& results, bool applied);
std::string encode_created_session(const app::CreatedSession& created);
std::string encode_created_key(const app::CreatedKey& created);
std::string encode_created_project(const app::CreatedProject& created);
std::string encode_catalog_diff(const domain::CatalogDiff& diff, std::int64_t version,
                                bool is_dry_run);
std::string encode_reconcile_report(const app::ReconcileReport& report);
std::string encode_verify_report(const app::VerifyReport& report);
std::string encode_access_token(const Secret& token);
std::string encode_done();

}  // namespace purser::http
