#include "adapters/postgres/item_reader.hpp"

#include <algorithm>
#include <iterator>

#include "adapters/postgres/arrays.hpp"
#include "adapters/postgres/resolvers.hpp"
#include "codec/account_codec.hpp"

namespace purser::postgres {
namespace {

constexpr std::size_t kAtOnce = 256;
constexpr std::size_t kMostWaiting = 20'000;
// Reads together cost far less than reads alone: two connections in turns take whatever has come
// meanwhile, and others help only when that is much.
constexpr int kInTurns = 2;
constexpr std::size_t kMuch = 128;

}  // namespace

ItemReader::ItemReader(ConnectOptions options, int connections, KnownRows& known_rows,
                       Around around)
    : options_(std::move(options)), known_rows_(known_rows), around_(std::move(around)) {
  for (int i = 0; i < connections; ++i) threads_.emplace_back([this] { run(); });
}

ItemReader::~ItemReader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ItemReader::read(const CustomerKey& customer, std::vector<ItemId> items, Done done) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back({customer, std::move(items), std::move(done)});
      done = nullptr;
    }
    wake = wants_another();
  }
  if (done) return done(sql::unavailable("too many reads wait"));
  if (wake) wake_.notify_one();
}

bool ItemReader::wants_another() const {
  return !waiting_.empty() && (busy_ < kInTurns || waiting_.size() >= kMuch);
}

std::vector<ItemReader::Wanted> ItemReader::take() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || wants_another(); });
  std::vector<Wanted> taken;
  ++busy_;
  if (waiting_.size() <= kAtOnce) {
    taken.swap(waiting_);
    return taken;
  }
  const auto end = waiting_.begin() + kAtOnce;
  taken.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return taken;
}

void ItemReader::run() {
  std::unique_ptr<Connection> db;
  for (;;) {
    std::vector<Wanted> wanted = take();
    if (wanted.empty()) return;
    auto found = load(db, wanted);
    if (around_) {
      around_([&] { answer(wanted, std::move(found)); });
    } else {
      answer(wanted, std::move(found));
    }
    const std::lock_guard lock(mutex_);
    --busy_;
  }
}

void ItemReader::answer(std::vector<Wanted>& wanted,
                        Result<std::vector<app::CustomerItems>> found) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (found) {
      wanted[i].done(std::move((*found)[i]));
    } else {
      wanted[i].done(found.error());
    }
  }
}

Result<std::vector<app::CustomerItems>> ItemReader::load(std::unique_ptr<Connection>& db,
                                                         const std::vector<Wanted>& wanted) {
  const bool fresh = !db || !db->is_alive();
  if (fresh) {
    PURSER_TRY(db, Connection::open(options_));
  }
  auto found = load(*db, wanted);
  if (found || fresh || db->failure() != Connection::Failure::kLost) {
    db->forget_failure();
    return found;
  }
  PURSER_TRY(db, Connection::open(options_));
  return load(*db, wanted);
}

Result<std::vector<app::CustomerItems>> ItemReader::load(Connection& db,
                                                         const std::vector<Wanted>& wanted) {
  ViewResolver resolver(db, known_rows_);
  std::vector<app::CustomerItems> found(wanted.size());
  IntegerArray project;
  IntegerArray type;
  TextArray customer;
  IntegerArray item;
  IntegerArray number;
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of a row: the read, and its item
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Wanted& read = wanted[i];
    found[i].accounts.resize(read.items.size());
    PURSER_TRY(const auto row, resolver.project(read.customer.project));
    if (!row) continue;
    found[i].customer_exists = read.customer.type == CustomerType::kCustom;
    // Without items only whether the customer exists is asked.
    for (std::size_t j = 0; j < std::max<std::size_t>(read.items.size(), 1); ++j) {
      project.append(*row);
      type.append(static_cast<std::int64_t>(read.customer.type));
      customer.append(read.customer.id);
      std::int64_t item_row = sql::kNoRow;
      if (!read.items.empty()) {
        PURSER_TRY(item_row,
                   committed_item_row(db, known_rows_, read.customer.project, *row, read.items[j]));
      }
      item.append(item_row);
      number.append(static_cast<std::int64_t>(places.size()));
      places.emplace_back(i, j);
    }
  }
  if (places.empty()) return found;
  const Param params[] = {project.param(), type.param(), customer.param(), item.param(),
                          number.param()};
  PURSER_TRY(
      const Rows rows,
      db.ask("SELECT k.n, c.deleted_at IS NOT NULL, b.account FROM (SELECT unnest($1::bigint[]) AS "
             "project, unnest($2::bigint[]) AS type, unnest($3::text[]) AS id, "
             "unnest($4::bigint[]) AS item, unnest($5::bigint[]) AS n) k JOIN customers c ON "
             "c.project_id = k.project AND c.type = k.type AND c.external_id = k.id LEFT JOIN "
             "balances b ON b.customer_id = c.id AND b.item_id = k.item",
             params));
  for (int row = 0; row < rows.size(); ++row) {
    const auto [read, place] = places[static_cast<std::size_t>(rows.integer(row, 0))];
    app::CustomerItems& answer = found[read];
    const bool deleted = rows.integer(row, 1) != 0;
    answer.customer_exists = answer.customer_exists || !deleted;
    if (deleted || rows.is_null(row, 2) || place >= answer.accounts.size()) continue;
    PURSER_TRY(answer.accounts[place], codec::decode_account(rows.view(row, 2)));
  }
  return found;
}

}  // namespace purser::postgres
