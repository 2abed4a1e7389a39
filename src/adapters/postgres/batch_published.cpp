#include "adapters/postgres/batch.hpp"

// The writes of what every node keeps in memory: the batch remembers whose they are.

namespace purser::postgres {

Status Batch::insert_project(const app::Project& project) {
  published_.push_back(project.id);
  return BatchWrites::insert_project(project);
}

Status Batch::update_project(const app::Project& project) {
  published_.push_back(project.id);
  return BatchWrites::update_project(project);
}

Status Batch::insert_key(const app::ApiKey& key) {
  published_.push_back(key.project);
  return BatchWrites::insert_key(key);
}

// When a key was used last is noted every minute, and no answer depends on it.
Status Batch::update_key(const app::ApiKey& key) {
  if (key.revoked_at) published_.push_back(key.project);
  return BatchWrites::update_key(key);
}

Status Batch::insert_signing_key(const app::SigningKey& key) {
  published_.push_back(key.project);
  return BatchWrites::insert_signing_key(key);
}

Status Batch::put_catalog(const ProjectId& project, const domain::Catalog& catalog) {
  published_.push_back(project);
  return BatchWrites::put_catalog(project, catalog);
}

}  // namespace purser::postgres
