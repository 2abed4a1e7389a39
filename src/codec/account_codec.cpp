#include "codec/account_codec.hpp"

#include <cstdint>

namespace purser::codec {
namespace {

using domain::Expiry;
using domain::ItemAccount;
using domain::Lot;
using domain::Schedule;

constexpr char kVersion = 1;

// Bits of the byte that stands before a lot. A manual, never-expiring lot has none of them.
constexpr std::uint64_t kHasExpiry = 1;
constexpr std::uint64_t kHasSource = 2;
constexpr std::uint64_t kEndsWithSource = 4;
constexpr std::uint64_t kLotFlags = kHasExpiry | kHasSource | kEndsWithSource;

constexpr std::size_t kMaxSourceBytes = 128;

class Writer {
 public:
  void byte(char value) { out_.push_back(value); }
  // Seven bits a byte, low bits first, the high bit set on all but the last.
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<char>((value & 0x7F) | 0x80));
    byte(static_cast<char>(value));
  }
  void signed_to_unsigned(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void text(const std::string& value) {
    number(value.size());
    out_.append(value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what Writer wrote. After the first thing that does not fit, `ok()` is false and all reads
// give zero.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      if (rest_.empty()) return fail();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) != 0) continue;
      // A last byte of zero would be a second way to write the same number.
      return byte == 0 && shift > 0 ? fail() : value;
    }
    return fail();
  }
  std::int64_t signed_up_to(std::int64_t max) {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value <= static_cast<std::uint64_t>(max) ? value : fail());
  }
  Quantity quantity() { return Quantity::of(signed_up_to(Quantity::kMax)).value(); }
  Timestamp timestamp() {
    return Timestamp::from_millis(signed_up_to(Timestamp::kMaxMillis)).value();
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > kMaxSourceBytes || size > rest_.size()) {
      fail();
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  // How many elements follow; each takes at least one byte, so a larger number cannot be true.
  std::size_t count() {
    const std::uint64_t value = number();
    return value <= rest_.size() ? value : fail();
  }
  std::uint64_t fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void write_lot(Writer& out, const Lot& lot) {
  out.number((lot.expires_at ? kHasExpiry : 0) | (lot.source.empty() ? 0 : kHasSource) |
             (lot.ends_with_source ? kEndsWithSource : 0));
  out.signed_to_unsigned(lot.remaining.value());
  if (lot.expires_at) out.signed_to_unsigned(lot.expires_at->millis());
  if (!lot.source.empty()) out.text(lot.source.str());
}

Lot read_lot(Reader& in) {
  Lot lot;
  const std::uint64_t flags = in.number();
  if ((flags & ~kLotFlags) != 0) in.fail();
  lot.remaining = in.quantity();
  if (!lot.remaining.is_positive()) in.fail();
  if ((flags & kHasExpiry) != 0) lot.expires_at = in.timestamp();
  if ((flags & kHasSource) != 0) {
    lot.source = PurchaseId(in.text());
    if (lot.source.empty()) in.fail();
  }
  lot.ends_with_source = (flags & kEndsWithSource) != 0;
  return lot;
}

void write_schedule(Writer& out, const Schedule& schedule) {
  out.text(schedule.source.str());
  out.signed_to_unsigned(schedule.quantity.value());
  out.number(static_cast<std::uint64_t>(schedule.repeat.unit));
  out.number(static_cast<std::uint64_t>(schedule.repeat.count));
  out.number(static_cast<std::uint64_t>(schedule.expires));
  out.signed_to_unsigned(schedule.anchor.millis());
  out.signed_to_unsigned(schedule.next);
  // One more than the instant, so that zero can mean that there is none.
  out.signed_to_unsigned(schedule.until ? schedule.until->millis() + 1 : 0);
}

Schedule read_schedule(Reader& in) {
  Schedule schedule;
  schedule.source = PurchaseId(in.text());
  schedule.quantity = in.quantity();
  schedule.repeat.unit =
      static_cast<IntervalUnit>(in.signed_up_to(static_cast<int>(IntervalUnit::kYear)));
  schedule.repeat.count = static_cast<int>(in.signed_up_to(CalendarInterval::kMaxCount));
  schedule.expires = static_cast<Expiry>(in.signed_up_to(static_cast<int>(Expiry::kWhenRepeated)));
  schedule.anchor = in.timestamp();
  schedule.next = in.signed_up_to(Quantity::kMax);
  const std::int64_t until = in.signed_up_to(Timestamp::kMaxMillis + 1);
  if (until > 0) schedule.until = Timestamp::from_millis(until - 1);
  if (schedule.source.empty() || !schedule.quantity.is_positive() || schedule.repeat.count < 1 ||
      schedule.next < 1) {
    in.fail();
  }
  return schedule;
}

// Whether `b` may follow `a` in the canonical order, as a lot of its own.
bool may_follow(const Lot& a, const Lot& b) {
  if (a.expires_at == b.expires_at) {
    return a.source != b.source || a.ends_with_source != b.ends_with_source;
  }
  return a.expires_at && (!b.expires_at || *a.expires_at < *b.expires_at);
}

bool keeps_invariants(const ItemAccount& account) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < account.lots.size(); ++i) {
    if (i > 0 && !may_follow(account.lots[i - 1], account.lots[i])) return false;
    sum += account.lots[i].remaining.value();
    if (sum > Quantity::kMax) return false;
  }
  for (std::size_t i = 1; i < account.schedules.size(); ++i) {
    if (!(account.schedules[i - 1].source < account.schedules[i].source)) return false;
  }
  return account.lots.empty() || account.debt.is_zero();
}

}  // namespace

std::string encode_account(const ItemAccount& account) {
  Writer out;
  out.byte(kVersion);
  out.number(account.lots.size());
  for (const Lot& lot : account.lots) write_lot(out, lot);
  out.signed_to_unsigned(-account.debt.value());
  out.number(account.schedules.size());
  for (const Schedule& schedule : account.schedules) write_schedule(out, schedule);
  return out.take();
}

Result<ItemAccount> decode_account(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) {
    return Error::internal("an item account has an unknown version");
  }
  Reader in(bytes.substr(1));
  ItemAccount account;
  const std::size_t lots = in.count();
  for (std::size_t i = 0; i < lots && in.ok(); ++i) account.lots.push_back(read_lot(in));
  account.debt = -in.quantity();
  const std::size_t schedules = in.count();
  for (std::size_t i = 0; i < schedules && in.ok(); ++i) {
    account.schedules.push_back(read_schedule(in));
  }
  if (!in.ok() || !in.at_end() || !keeps_invariants(account)) {
    return Error::internal("an item account of " + std::to_string(bytes.size()) +
                           " bytes is corrupt");
  }
  return account;
}

}  // namespace purser::codec
