#include "sandbox/faults.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sandbox/document.hpp"

namespace purser::sandbox {
namespace {

constexpr std::array<std::pair<std::string_view, FaultKind>, 17> kNames{{
    {"drop", FaultKind::kDrop},
    {"delay", FaultKind::kDelay},
    {"409", FaultKind::kConflict},
    {"429", FaultKind::kRateLimit},
    {"500", FaultKind::kError},
    {"500_after", FaultKind::kErrorAfter},
    {"garbage", FaultKind::kGarbage},
    {"huge", FaultKind::kHuge},
    {"freeze", FaultKind::kFreeze},
    {"webhook_duplicate", FaultKind::kHookDuplicate},
    {"webhook_reorder", FaultKind::kHookReorder},
    {"webhook_lose", FaultKind::kHookLose},
    {"webhook_delay", FaultKind::kHookDelay},
    {"webhook_forge", FaultKind::kHookForge},
    {"webhook_replay", FaultKind::kHookReplay},
    {"webhook_account", FaultKind::kHookAccount},
    {"webhook_livemode", FaultKind::kHookLivemode},
}};

constexpr std::int64_t kUsualHuge = 16 * 1024 * 1024;
constexpr std::int64_t kMaxHuge = 256 * 1024 * 1024;
constexpr std::int64_t kUsualAge = 600;  // twice what receivers should still believe
constexpr std::int64_t kMaxAge = 366LL * 24 * 60 * 60;

bool is_hook_fault(FaultKind kind) { return kind >= FaultKind::kHookDuplicate; }

std::string_view name_of(FaultKind kind) {
  for (const auto& [name, known] : kNames) {
    if (known == kind) return name;
  }
  return "";
}

std::optional<FaultKind> kind_of(std::string_view name) {
  for (const auto& [known, kind] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

json::Value document_of(const Fault& fault) {
  return object({{"kind", name_of(fault.kind)},
                 {"count", fault.left},
                 {"probability", fault.probability},
                 {"path", fault.path},
                 {"method", fault.method},
                 {"event_type", fault.event_type},
                 {"delay_ms", fault.delay_ms},
                 {"retry_after", fault.retry_after},
                 {"bytes", fault.bytes},
                 {"age_seconds", fault.age_seconds}});
}

Fault fault_of(const json::Value& document) {
  Fault fault;
  fault.kind = kind_of(text_at(document, "kind")).value_or(FaultKind::kDelay);
  fault.left = int_at(document, "count");
  fault.probability = int_at(document, "probability");
  fault.path = text_at(document, "path");
  fault.method = text_at(document, "method");
  fault.event_type = text_at(document, "event_type");
  fault.delay_ms = int_at(document, "delay_ms");
  fault.retry_after = int_at(document, "retry_after");
  fault.bytes = int_at(document, "bytes");
  fault.age_seconds = int_at(document, "age_seconds");
  return fault;
}

}  // namespace

Faults::Faults(World& world) : world_(world) {
  const json::Array* kept = world.setting(kFaults).as_array();
  if (kept == nullptr) return;
  for (const json::Value& document : *kept) faults_.push_back(fault_of(document));
}

void Faults::clear() {
  faults_.clear();
  keep();
}

void Faults::keep() { world_.set_setting(kFaults, at(describe(), "faults")); }

std::optional<Failure> Faults::add(Params& params) {
  const std::string name = params.required_text("kind");
  Fault fault;
  if (const auto kind = kind_of(name)) {
    fault.kind = *kind;
  } else {
    std::string all;
    for (const auto& [option, known] : kNames)
      all += (all.empty() ? "" : ", ") + std::string(option);
    params.complain(invalid("Invalid kind: must be one of " + all, "kind"));
  }
  fault.left = params.integer("count", 1, 1'000'000'000).value_or(1);
  fault.probability = params.integer("probability", 1, 100).value_or(100);
  fault.path = params.text("path").value_or("");
  fault.method = params.text("method").value_or("");
  fault.event_type = params.text("event_type").value_or("");
  fault.delay_ms = params.integer("delay_ms", 0, 600'000).value_or(1000);
  fault.retry_after = params.integer("retry_after", 0, 3600).value_or(0);
  fault.bytes = params.integer("bytes", 1, kMaxHuge).value_or(kUsualHuge);
  fault.age_seconds = params.integer("age_seconds", 1, kMaxAge).value_or(kUsualAge);
  if (auto failure = params.finish()) return failure;
  faults_.push_back(std::move(fault));
  keep();
  return std::nullopt;
}

json::Value Faults::describe() const {
  json::Array list;
  list.reserve(faults_.size());
  for (const Fault& fault : faults_) list.push_back(document_of(fault));
  return object({{"faults", json::Value(std::move(list))}});
}

std::optional<Fault> Faults::strike(const std::function<bool(const Fault&)>& matches) {
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    if (!matches(*it)) continue;
    if (it->probability < 100 && static_cast<std::int64_t>(world_.draw(100)) >= it->probability) {
      continue;
    }
    Fault struck = *it;
    if (--it->left == 0) faults_.erase(it);
    keep();
    return struck;
  }
  return std::nullopt;
}

std::optional<Fault> Faults::strike_request(const std::string& method, const std::string& path) {
  return strike([&](const Fault& fault) {
    return !is_hook_fault(fault.kind) && path.rfind(fault.path, 0) == 0 &&
           (fault.method.empty() || fault.method == method);
  });
}

std::optional<Fault> Faults::strike_event(const std::string& type) {
  return strike([&](const Fault& fault) {
    return is_hook_fault(fault.kind) && (fault.event_type.empty() || fault.event_type == type);
  });
}

}  // namespace purser::sandbox
