#include "codec/account_codec.hpp"

#include <cstdint>

namespace purser::codec {
namespace {

using domain::Carried;
using domain::Expiry;
using domain::ItemAccount;
using domain::Lot;
using domain::Term;

constexpr char kVersion = 2;
// The version before terms could end, lapse and carry. Read, never written.
constexpr char kScheduleVersion = 1;

// Bits of the byte that stands before a lot. A manual, never-expiring lot has none of them.
constexpr std::uint64_t kHasExpiry = 1;
constexpr std::uint64_t kHasSource = 2;
constexpr std::uint64_t kEndsWithSource = 4;
constexpr std::uint64_t kLotFlags = kHasExpiry | kHasSource | kEndsWithSource;

// Bits of the number that stands before a term: which of its parts follow. Those that are rare
// stand last, so that the number of a common term takes one byte.
constexpr std::uint64_t kHasRepeat = 1;
constexpr std::uint64_t kHasUntil = 2;
constexpr std::uint64_t kHasEnd = 4;
constexpr std::uint64_t kLapsed = 8;
constexpr std::uint64_t kHasCarried = 16;
constexpr std::uint64_t kGrantedLess = 32;
constexpr std::uint64_t kHasRest = 64;
constexpr std::uint64_t kWithheld = 128;
constexpr std::uint64_t kTermFlags = 255;

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

std::uint64_t flag_if(bool condition, std::uint64_t flag) { return condition ? flag : 0; }

void write_repeat(Writer& out, CalendarInterval repeat) {
  out.number(static_cast<std::uint64_t>(repeat.unit));
  out.number(static_cast<std::uint64_t>(repeat.count));
}

CalendarInterval read_repeat(Reader& in) {
  CalendarInterval repeat;
  repeat.unit = static_cast<IntervalUnit>(in.signed_up_to(static_cast<int>(IntervalUnit::kYear)));
  repeat.count = static_cast<int>(in.signed_up_to(CalendarInterval::kMaxCount));
  if (repeat.count < 1) in.fail();
  return repeat;
}

Expiry read_expiry(Reader& in) {
  return static_cast<Expiry>(in.signed_up_to(static_cast<int>(Expiry::kWhenRepeated)));
}

std::int64_t read_next(Reader& in) {
  const std::int64_t next = in.signed_up_to(Quantity::kMax);
  if (next < 1) in.fail();
  return next;
}

Quantity read_positive(Reader& in) {
  const Quantity quantity = in.quantity();
  if (!quantity.is_positive()) in.fail();
  return quantity;
}

void write_term(Writer& out, const Term& term) {
  out.number(flag_if(term.repeat.has_value(), kHasRepeat) |
             flag_if(term.until.has_value(), kHasUntil) |
             flag_if(term.ends_at.has_value(), kHasEnd) | flag_if(term.lapsed, kLapsed) |
             flag_if(!term.carried.empty(), kHasCarried) |
             flag_if(term.granted != term.quantity, kGrantedLess) |
             flag_if(!term.lapsed_rest.is_zero(), kHasRest) |
             flag_if(!term.withheld.is_zero(), kWithheld));
  out.text(term.source.str());
  out.signed_to_unsigned(term.quantity.value());
  out.number(static_cast<std::uint64_t>(term.expires));
  out.signed_to_unsigned(term.anchor.millis());
  if (term.repeat) {
    write_repeat(out, *term.repeat);
    out.signed_to_unsigned(term.next);
  }
  if (term.until) out.signed_to_unsigned(term.until->millis());
  if (term.ends_at) out.signed_to_unsigned(term.ends_at->millis());
  if (!term.carried.empty()) out.number(term.carried.size());
  for (const Carried& carried : term.carried) {
    out.signed_to_unsigned(carried.quantity.value());
    out.signed_to_unsigned(carried.until.millis());
  }
  if (term.granted != term.quantity) out.signed_to_unsigned(term.granted.value());
  if (!term.lapsed_rest.is_zero()) out.signed_to_unsigned(term.lapsed_rest.value());
  if (!term.withheld.is_zero()) out.signed_to_unsigned(term.withheld.value());
}

std::vector<Carried> read_carried(Reader& in) {
  std::vector<Carried> list;
  const std::size_t count = in.count();
  if (count == 0) in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Quantity quantity = read_positive(in);
    const Timestamp until = in.timestamp();
    if (!list.empty() && until <= list.back().until) in.fail();
    list.push_back({quantity, until});
  }
  return list;
}

Term read_term(Reader& in) {
  Term term;
  const std::uint64_t flags = in.number();
  const auto has = [&](std::uint64_t flag) { return (flags & flag) != 0; };
  if ((flags & ~kTermFlags) != 0) in.fail();
  term.source = PurchaseId(in.text());
  term.quantity = in.quantity();
  term.expires = read_expiry(in);
  term.anchor = in.timestamp();
  if (has(kHasRepeat)) {
    term.repeat = read_repeat(in);
    term.next = read_next(in);
  }
  if (has(kHasUntil)) term.until = in.timestamp();
  if (has(kHasEnd)) term.ends_at = in.timestamp();
  term.lapsed = has(kLapsed);
  if (has(kHasCarried)) term.carried = read_carried(in);
  term.granted = has(kGrantedLess) ? in.quantity() : term.quantity;
  if (has(kHasRest)) term.lapsed_rest = read_positive(in);
  if (has(kWithheld)) term.withheld = read_positive(in);
  const bool written_so = !has(kGrantedLess) || term.granted < term.quantity;
  const bool kept_only_lapsed = term.lapsed || !(has(kHasRest) || has(kWithheld));
  const bool repeats_if_needed = term.expires != Expiry::kWhenRepeated || term.repeat;
  if (term.source.empty() || !written_so || !kept_only_lapsed || !repeats_if_needed) in.fail();
  return term;
}

// What version 1 had for a term.
Term read_schedule(Reader& in) {
  Term term;
  term.source = PurchaseId(in.text());
  term.quantity = read_positive(in);
  term.repeat = read_repeat(in);
  term.expires = read_expiry(in);
  term.anchor = in.timestamp();
  term.next = read_next(in);
  term.granted = term.quantity;
  // One more than the instant; zero meant that there was none.
  const std::int64_t until = in.signed_up_to(Timestamp::kMaxMillis + 1);
  if (until > 0) term.until = Timestamp::from_millis(until - 1);
  if (term.source.empty()) in.fail();
  return term;
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
  for (std::size_t i = 1; i < account.terms.size(); ++i) {
    if (!(account.terms[i - 1].source < account.terms[i].source)) return false;
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
  out.number(account.terms.size());
  for (const Term& term : account.terms) write_term(out, term);
  return out.take();
}

Result<ItemAccount> decode_account(std::string_view bytes) {
  if (bytes.empty() || (bytes.front() != kVersion && bytes.front() != kScheduleVersion)) {
    return Error::internal("an item account has an unknown version");
  }
  Reader in(bytes.substr(1));
  ItemAccount account;
  const std::size_t lots = in.count();
  for (std::size_t i = 0; i < lots && in.ok(); ++i) account.lots.push_back(read_lot(in));
  account.debt = -in.quantity();
  const auto read_next_term = bytes.front() == kVersion ? read_term : read_schedule;
  const std::size_t terms = in.count();
  for (std::size_t i = 0; i < terms && in.ok(); ++i) account.terms.push_back(read_next_term(in));
  if (!in.ok() || !in.at_end() || !keeps_invariants(account)) {
    return Error::internal("an item account of " + std::to_string(bytes.size()) +
                           " bytes is corrupt");
  }
  return account;
}

}  // namespace purser::codec
