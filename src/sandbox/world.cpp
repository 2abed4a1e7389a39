#include "sandbox/world.hpp"

#include <utility>

#include "crypto/crypto.hpp"
#include "sandbox/document.hpp"

namespace purser::sandbox {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

std::string account_id_of(const std::string& key) {
  const crypto::Digest digest = crypto::sha256("account of " + key);
  std::string id = "acct_1";
  for (std::size_t i = 0; i < 15; ++i) id += kAlphabet[digest[i] % kAlphabet.size()];
  return id;
}

bool is_account_id(const std::string& id) {
  return id.rfind("acct_", 0) == 0 && id.size() > 5 && id.size() <= 64 &&
         id.find_first_not_of(kAlphabet, 5) == std::string::npos;
}

}  // namespace

std::string Record::id() const { return text_at(doc, "id"); }
bool Record::deleted() const { return bool_at(hidden, "deleted"); }

Record& Collection::put(const std::string& id, Record record) {
  if (Record* known = find(id)) {
    *known = std::move(record);
    return *known;
  }
  records_.push_back(std::make_unique<Record>(std::move(record)));
  return *(by_id_[id] = records_.back().get());
}

Record* Collection::find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Collection& Account::of(std::string_view kind) {
  const auto found = collections.find(kind);
  return found != collections.end() ? found->second : collections[std::string(kind)];
}

World::World(std::uint64_t seed, std::function<std::int64_t()> now_millis)
    : seed_(seed), now_millis_(std::move(now_millis)) {}

Result<std::unique_ptr<World>> World::open(const std::string& state_file, std::uint64_t seed,
                                           std::function<std::int64_t()> now_millis) {
  std::unique_ptr<World> world(new World(seed, std::move(now_millis)));
  PURSER_CHECK_OK(world->journal_.open(
      state_file, [&world](const json::Value& change) { return world->restore(change); }));
  world->fill_agenda();
  return world;
}

void World::fill_agenda() {
  for (const auto& [id, account] : accounts_) {
    for (const auto& [kind, collection] : account->collections) {
      for (const auto& record : collection.in_order()) agenda.note(*account, kind, *record);
    }
  }
}

std::int64_t World::real_seconds() const {
  const std::int64_t* stands = setting(kClock).as_int();
  return stands != nullptr ? *stands : now_millis_() / 1000;
}

const json::Value& World::setting(const std::string& name) const {
  static const json::Value kNone;
  const auto found = settings_.find(name);
  return found == settings_.end() ? kNone : found->second;
}

void World::set_setting(const std::string& name, json::Value value) {
  settings_[name] = std::move(value);
  dirty_settings_.insert(name);
}

std::string World::after_dunning() const {
  const std::string* set = setting(kAfterDunning).as_string();
  return set != nullptr ? *set : "cancel";
}

Account& World::add_account(const std::string& id, const std::string& owner) {
  auto& account = accounts_[id];
  account = std::make_unique<Account>();
  account->id = id;
  account->owner = owner;
  return *account;
}

Account& World::account_of_key(const std::string& key) {
  const std::string id = account_id_of(key);
  if (Account* known = find_account(id)) return *known;
  new_accounts_.emplace_back(id, "");
  return add_account(id, "");
}

Account* World::connected_account(const Account& platform, const std::string& id) {
  if (!is_account_id(id)) return nullptr;
  if (Account* known = find_account(id)) {
    return known->owner == platform.id || known->id == platform.id ? known : nullptr;
  }
  new_accounts_.emplace_back(id, platform.id);
  return &add_account(id, platform.id);
}

Account* World::find_account(const std::string& id) {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

Record& World::put(Account& account, std::string_view kind, json::Value doc, json::Value hidden) {
  const std::string id = text_at(doc, "id");
  Record& record = account.of(kind).put(id, {std::move(doc), std::move(hidden)});
  changed(account, kind, record);
  return record;
}

void World::changed(Account& account, std::string_view kind, const Record& record) {
  agenda.note(account, kind, record);
  if (!dirty_records_.insert(&record).second) return;
  dirty_.push_back({&account, std::string(kind), &record});
}

Record* World::find(Account& account, std::string_view kind, const std::string& id) {
  return account.of(kind).find(id);
}

std::uint64_t World::draw(std::uint64_t bound) {
  // SplitMix64 (Steele, Lea, Flood 2014): every position of the sequence can be reached directly,
  // so the count of draws is all that has to be kept.
  std::uint64_t z = seed_ + 0x9e3779b97f4a7c15ULL * ++drawn_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return (z ^ (z >> 31)) % bound;
}

std::string World::new_id(std::string_view prefix, std::size_t length) {
  std::string id(prefix);
  for (std::size_t i = 0; i < length; ++i) id += kAlphabet[draw(kAlphabet.size())];
  return id;
}

Status World::commit() {
  if (dirty_.empty() && new_accounts_.empty() && dirty_settings_.empty()) return {};
  if (journal_.is_open()) PURSER_CHECK_OK(journal_.append(changes()));
  dirty_.clear();
  dirty_records_.clear();
  dirty_settings_.clear();
  new_accounts_.clear();
  return {};
}

std::string World::changes() const {
  json::Writer line;
  line.begin_array().begin_object().field("drawn", static_cast<std::int64_t>(drawn_)).end_object();
  for (const std::string& name : dirty_settings_) {
    line.begin_object().field("setting", std::string_view(name));
    line.key("value").value(setting(name)).end_object();
  }
  for (const auto& [id, owner] : new_accounts_) {
    line.begin_object().field("account", id).field("owner", owner).end_object();
  }
  for (const Change& change : dirty_) {
    line.begin_object().field("in", change.account->id).field("kind", change.kind);
    line.key("doc").value(change.record->doc);
    line.key("hidden").value(change.record->hidden).end_object();
  }
  line.end_array();
  return line.take();
}

Status World::restore(const json::Value& change) {
  if (const auto drawn = change.int_at("drawn")) {
    drawn_ = static_cast<std::uint64_t>(*drawn);
  } else if (const auto setting = change.string_at("setting")) {
    settings_[*setting] = at(change, "value");
  } else if (const auto after = change.string_at(kAfterDunning)) {  // as it was written once
    settings_[kAfterDunning] = json::Value(*after);
  } else if (const auto account = change.string_at("account")) {
    add_account(*account, text_at(change, "owner"));
  } else if (const auto in = change.string_at("in")) {
    Account* owner = find_account(*in);
    if (owner == nullptr)
      return Error(ErrorCode::kInternalError, "The sandbox's state is damaged.");
    const json::Value& doc = at(change, "doc");
    owner->of(text_at(change, "kind")).put(text_at(doc, "id"), {doc, at(change, "hidden")});
  }
  return {};
}

}  // namespace purser::sandbox
