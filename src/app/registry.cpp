#include "app/registry.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

namespace purser::app {
namespace {

constexpr std::int64_t kMinuteMillis = 60'000;
constexpr int kPage = 500;

std::string_view bytes(const crypto::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// A digest is evenly spread already: its first bytes are its hash.
struct DigestHash {
  std::size_t operator()(const crypto::Digest& digest) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};
struct DigestEqual {
  bool operator()(const crypto::Digest& a, const crypto::Digest& b) const {
    return crypto::constant_time_equal(bytes(a), bytes(b));
  }
};

struct KeyEntry {
  std::shared_ptr<const ApiKey> key;
  // Minutes since 1970; written under the shared lock by every request, hence atomic.
  std::atomic<std::int64_t> used_minute{0};
  std::atomic<std::int64_t> taken_minute{0};
};

class MemoryRegistry final : public Registry {
 public:
  std::shared_ptr<const ProjectContext> project(const ProjectId& id) const override {
    std::shared_lock lock(mutex_);
    const auto found = projects_.find(id);
    return found == projects_.end() ? nullptr : found->second;
  }

  std::shared_ptr<const ApiKey> key(const crypto::Digest& hash) const override {
    std::shared_lock lock(mutex_);
    const auto found = keys_.find(hash);
    return found == keys_.end() ? nullptr : found->second->key;
  }

  void mark_used(const crypto::Digest& hash, Timestamp now) override {
    const std::int64_t minute = now.millis() / kMinuteMillis;
    std::shared_lock lock(mutex_);
    const auto found = keys_.find(hash);
    if (found == keys_.end()) return;
    std::atomic<std::int64_t>& used = found->second->used_minute;
    if (used.load(std::memory_order_relaxed) < minute) {
      used.store(minute, std::memory_order_relaxed);
    }
  }

  std::vector<std::pair<ApiKey, Timestamp>> take_used_keys() override {
    std::vector<std::pair<ApiKey, Timestamp>> used;
    std::shared_lock lock(mutex_);
    for (const auto& [hash, entry] : keys_) {
      const std::int64_t minute = entry->used_minute.load(std::memory_order_relaxed);
      if (entry->taken_minute.exchange(minute, std::memory_order_relaxed) == minute) continue;
      const auto at = Timestamp::from_millis(minute * kMinuteMillis);
      if (at) used.emplace_back(*entry->key, *at);
    }
    return used;
  }

  void publish(const Project& project) override {
    if (follows_) return;
    std::unique_lock lock(mutex_);
    auto context = edit(project.id);
    context->project = project;
    projects_[project.id] = std::move(context);
  }

  void publish(const ProjectId& project, std::shared_ptr<const domain::Catalog> catalog) override {
    if (follows_) return;
    std::unique_lock lock(mutex_);
    auto context = edit(project);
    context->catalog = std::move(catalog);
    projects_[project] = std::move(context);
  }

  void publish(const SigningKey& key) override {
    if (follows_) return;
    std::unique_lock lock(mutex_);
    auto context = edit(key.project);
    context->signing_keys.insert(context->signing_keys.begin(), key);
    projects_[key.project] = std::move(context);
  }

  void publish(const ApiKey& key) override {
    if (!follows_) keep(key);
  }

  void keep(const ApiKey& key) {
    std::unique_lock lock(mutex_);
    if (key.revoked_at) {
      keys_.erase(key.hash);
      return;
    }
    auto& entry = keys_[key.hash];
    if (!entry) {
      entry = std::make_unique<KeyEntry>();
      const std::int64_t minute = key.last_used_at ? key.last_used_at->millis() / kMinuteMillis : 0;
      entry->used_minute.store(minute, std::memory_order_relaxed);
      entry->taken_minute.store(minute, std::memory_order_relaxed);
    }
    entry->key = std::make_shared<const ApiKey>(key);
  }

  std::vector<ProjectId> projects() const override {
    std::vector<ProjectId> ids;
    {
      std::shared_lock lock(mutex_);
      ids.reserve(projects_.size());
      for (const auto& [id, context] : projects_) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  Status load_project(StoreView& view, const Project& project) {
    PURSER_TRY(domain::Catalog catalog, view.catalog(project.id));
    PURSER_TRY(std::vector<SigningKey> signing_keys, view.signing_keys(project.id));
    PURSER_TRY(const std::vector<ApiKey> keys, view.keys(project.id));
    auto context = std::make_shared<ProjectContext>();
    context->project = project;
    context->catalog = std::make_shared<const domain::Catalog>(std::move(catalog));
    context->signing_keys = std::move(signing_keys);
    {
      std::unique_lock lock(mutex_);
      projects_[project.id] = std::move(context);
    }
    for (const ApiKey& key : keys) keep(key);
    return {};
  }

  /// Loads everything, and from then on what the store says has changed.
  Status follow(Store& store) {
    store_ = &store;
    PURSER_TRY(follows_, store.watch([this](const ProjectId& id) { return reload(id); }));
    return load_all();
  }

  ~MemoryRegistry() override {
    if (follows_) static_cast<void>(store_->watch(nullptr));
  }

 private:
  // What is read is published before anything else is read: it never replaces something newer.
  Status load_all() {
    const std::lock_guard loading(loading_mutex_);
    const auto view = store_->view();
    PageRequest page{"", kPage};
    for (;;) {
      PURSER_TRY(const std::vector<Project> projects, view->projects(page));
      for (const Project& project : projects) PURSER_CHECK_OK(load_project(*view, project));
      if (projects.size() < static_cast<std::size_t>(kPage)) return {};
      page.after = projects.back().id.str();
    }
  }

  Status reload(const ProjectId& id) {
    if (id.empty()) return load_all();
    const std::lock_guard loading(loading_mutex_);
    const auto view = store_->view();
    PURSER_TRY(const std::optional<Project> project, view->project(id));
    if (!project) return {};
    return load_project(*view, *project);
  }

  // A copy to change: those who hold the old context keep it as it was.
  std::shared_ptr<ProjectContext> edit(const ProjectId& id) {
    const auto found = projects_.find(id);
    if (found != projects_.end()) return std::make_shared<ProjectContext>(*found->second);
    auto context = std::make_shared<ProjectContext>();
    context->project.id = id;
    context->catalog = std::make_shared<const domain::Catalog>();
    return context;
  }

  Store* store_ = nullptr;
  bool follows_ = false;  // the store says what changed; nothing needs to be published
  std::mutex loading_mutex_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<ProjectId, std::shared_ptr<const ProjectContext>> projects_;
  std::unordered_map<crypto::Digest, std::unique_ptr<KeyEntry>, DigestHash, DigestEqual> keys_;
};

}  // namespace

Result<std::unique_ptr<Registry>> Registry::load(Store& store) {
  auto registry = std::make_unique<MemoryRegistry>();
  PURSER_CHECK_OK(registry->follow(store));
  return std::unique_ptr<Registry>(std::move(registry));
}

}  // namespace purser::app
