#include "net/server.hpp"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>

#include "net/connection.hpp"
#include "net/loop.hpp"
#include "net/response_text.hpp"

namespace purser::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReceiveBytes = 64 * 1024;
// How often a loop without work looks again before it sleeps.
constexpr int kLooksBeforeSleep = 20;

// The inboxes that the ResponseBatch on this thread will wake.
struct BatchState {
  int depth = 0;
  std::vector<std::shared_ptr<Inbox>> inboxes;
};
thread_local BatchState t_batch;

void hand_over(std::shared_ptr<Responder::Impl> answered) {
  const std::shared_ptr<Inbox> inbox = answered->inbox;
  if (inbox->is_own_thread()) {
    answered->ready = true;
    if (const auto connection = answered->connection.lock()) connection->pump();
    return;
  }
  inbox->put(std::move(answered));
  if (t_batch.depth == 0) return inbox->wake();
  for (const auto& known : t_batch.inboxes) {
    if (known == inbox) return;
  }
  t_batch.inboxes.push_back(inbox);
}

}  // namespace

Responder::~Responder() {
  if (!impl_) return;
  impl_->abandoned = true;
  hand_over(std::move(impl_));
}

void Responder::operator()(Response response) {
  if (!impl_) return;
  impl_->response = std::move(response);
  hand_over(std::move(impl_));
}

ResponseBatch::ResponseBatch() { ++t_batch.depth; }

ResponseBatch::~ResponseBatch() {
  if (--t_batch.depth > 0) return;
  for (const auto& inbox : t_batch.inboxes) inbox->wake();
  t_batch.inboxes.clear();
}

void Inbox::put(std::shared_ptr<Responder::Impl> answered) {
  const std::lock_guard lock(mutex_);
  if (io_ != nullptr) waiting_.push_back(std::move(answered));
}

void Inbox::wake() {
  const std::lock_guard lock(mutex_);
  if (io_ == nullptr || woken_ || waiting_.empty()) return;
  woken_ = true;
  asio::post(*io_, deliver_);
}

std::vector<std::shared_ptr<Responder::Impl>> Inbox::take_all() {
  std::vector<std::shared_ptr<Responder::Impl>> taken;
  const std::lock_guard lock(mutex_);
  taken.swap(waiting_);
  woken_ = false;
  return taken;
}

void Inbox::stop() {
  std::vector<std::shared_ptr<Responder::Impl>> dropped;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
  dropped.swap(waiting_);
}

Loop::Loop(std::shared_ptr<ServerState> state)
    : receive_buffer(kReceiveBytes),
      state_(std::move(state)),
      inbox_(std::make_shared<Inbox>(io_, [this] { deliver(); })) {}

Loop::~Loop() {
  stop();
  while (first_ != nullptr) first_->close();
}

void Loop::start() {
  tick();
  thread_ = std::thread([this] {
    inbox_->set_thread(std::this_thread::get_id());
    const auto work = asio::make_work_guard(io_);
    run();
  });
}

// Under load the next request is a few microseconds away, and being woken costs more than looking
// again: the sender pays for it too. Yielding lets it run meanwhile when it shares our processor.
void Loop::run() {
  int looks = 0;
  while (!io_.stopped()) {
    if (io_.poll() > 0) {
      looks = 0;
    } else if (++looks < kLooksBeforeSleep) {
      std::this_thread::yield();
    } else {
      looks = 0;
      io_.run_one();
    }
  }
}

void Loop::stop() {
  inbox_->stop();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::deliver() {
  const auto answered = inbox_->take_all();
  for (const auto& slot : answered) slot->ready = true;
  for (const auto& slot : answered) {
    if (const auto connection = slot->connection.lock()) connection->pump();
  }
}

// One timer for all connections, instead of one each: deadlines are kept to a quarter of their
// length.
void Loop::tick() {
  const auto now = Clock::now();
  std::vector<std::shared_ptr<Connection>> late;  // held, because one's end can be another's
  for (Connection* connection = first_; connection != nullptr;
       connection = connection->next_in_loop) {
    if (connection->is_late(now)) late.push_back(connection->shared_from_this());
  }
  for (const auto& connection : late) connection->end_late();
  const auto shortest = std::min(options().request_timeout, options().idle_timeout);
  timer_.expires_after(
      std::clamp(shortest / 4, std::chrono::milliseconds(1), std::chrono::milliseconds(1000)));
  timer_.async_wait([this](const error_code& ec) {
    if (!ec) tick();
  });
}

void Loop::add(Connection& connection) {
  state_->open_connections.fetch_add(1);
  connection.next_in_loop = first_;
  if (first_ != nullptr) first_->previous_in_loop = &connection;
  first_ = &connection;
}

void Loop::remove(Connection& connection) {
  Connection* const previous = connection.previous_in_loop;
  Connection* const next = connection.next_in_loop;
  (previous == nullptr ? first_ : previous->next_in_loop) = next;
  if (next != nullptr) next->previous_in_loop = previous;
  if (state_->open_connections.fetch_sub(1) == 1 && draining()) {
    const std::lock_guard lock(state_->mutex);
    state_->all_closed.notify_all();
  }
}

void Loop::close_idle_connections() {
  for (Connection* connection = first_; connection != nullptr;) {
    Connection* const next = connection->next_in_loop;
    connection->close_if_idle();
    connection = next;
  }
}

Response Loop::refusal(int status) const {
  if (options().refusal) return options().refusal(status);
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "The request was refused.\n";
  return response;
}

std::string_view Loop::date() {
  if (!options().unix_seconds) return {};
  const std::int64_t second = options().unix_seconds();
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

namespace {

int thread_count(int wanted) {
  if (wanted > 0) return wanted;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
}

class AsioServer final : public Server {
 public:
  AsioServer(ServerOptions options, Handler handler) : state_(std::make_shared<ServerState>()) {
    state_->options = std::move(options);
    state_->handler = std::move(handler);
    const int threads = thread_count(state_->options.threads);
    for (int i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>(state_));
    acceptor_.emplace(loops_[0]->io());
    retry_.emplace(loops_[0]->io());
  }

  ~AsioServer() override { stop(); }

  Status listen() {
    const ServerOptions& options = state_->options;
    error_code ec;
    const std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
    const auto address = asio::ip::make_address(host, ec);
    if (ec) return failed("is not an IP address", ec);
    const tcp::endpoint endpoint(address, options.port);
    acceptor_->open(endpoint.protocol(), ec);
    if (!ec) acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_->bind(endpoint, ec);
    if (!ec) acceptor_->listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return failed("cannot be listened on", ec);
    port_ = acceptor_->local_endpoint(ec).port();
    if (ec) return failed("cannot be listened on", ec);
    accept();
    for (const auto& loop : loops_) loop->start();
    return {};
  }

  std::uint16_t port() const override { return port_; }
  std::string host() const override { return state_->options.host; }
  std::size_t open_connections() const override { return state_->open_connections.load(); }

  void drain(std::chrono::milliseconds deadline) override {
    state_->draining.store(true);
    asio::post(loops_[0]->io(), [this] {
      error_code ignored;
      acceptor_->close(ignored);
    });
    for (const auto& loop : loops_) {
      asio::post(loop->io(), [raw = loop.get()] { raw->close_idle_connections(); });
    }
    {
      std::unique_lock lock(state_->mutex);
      state_->all_closed.wait_for(lock, deadline, [this] { return open_connections() == 0; });
    }
    stop();
  }

 private:
  Error failed(const std::string& what, const error_code& ec) const {
    return {ErrorCode::kInternalError, state_->options.host + ":" +
                                           std::to_string(state_->options.port) + " " + what +
                                           ": " + ec.message()};
  }

  void stop() {
    const std::lock_guard lock(stop_mutex_);
    for (const auto& loop : loops_) loop->stop();
  }

  void accept() {
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    acceptor_->async_accept(loop.io(), [this, &loop](const error_code& ec, tcp::socket socket) {
      if (!acceptor_->is_open()) return;
      if (ec) return accept_later();
      take(loop, std::move(socket));
      accept();
    });
  }

  // Without descriptors or memory accepting fails at once, again and again: it waits a moment
  // instead.
  void accept_later() {
    retry_->expires_after(std::chrono::milliseconds(20));
    retry_->async_wait([this](const error_code& ec) {
      if (!ec && acceptor_->is_open()) accept();
    });
  }

  void take(Loop& loop, tcp::socket socket) {
    if (open_connections() >= state_->options.max_connections) return;  // the socket closes itself
    error_code ec;
    const auto peer = socket.remote_endpoint(ec);
    if (ec) return;
    asio::dispatch(loop.io(), [&loop, moved = std::move(socket),
                               address = peer.address().to_string()]() mutable {
      std::make_shared<Connection>(loop, std::move(moved), std::move(address))->start();
    });
  }

  std::shared_ptr<ServerState> state_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::optional<tcp::acceptor> acceptor_;  // both belong to the first loop's thread
  std::optional<asio::steady_timer> retry_;
  std::size_t next_loop_ = 0;
  std::uint16_t port_ = 0;
  std::mutex stop_mutex_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  try {
    auto server = std::make_unique<AsioServer>(std::move(options), std::move(handler));
    PURSER_CHECK_OK(server->listen());
    return std::unique_ptr<Server>(std::move(server));
  } catch (const std::exception& e) {  // no descriptors, no threads
    return Error(ErrorCode::kInternalError,
                 std::string("The server cannot be started: ") + e.what());
  }
}

}  // namespace purser::net
