#include "net/connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>

#include "net/response_text.hpp"

namespace purser::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Beyond these a client that sends without reading has to wait.
constexpr std::size_t kMaxPendingRequests = 128;
constexpr std::size_t kMaxUnsentBytes = 1024 * 1024;
// A string that grew beyond this gives its memory back when it is empty.
constexpr std::size_t kKeptBytes = 16 * 1024;
constexpr std::size_t kMaxSendBuffer = 256 * 1024;
// How much of a refused request is read and thrown away, so that the client can read the refusal.
constexpr std::size_t kMaxDiscardedBytes = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds kMaxLinger{2'000};

bool would_block(const error_code& ec) {
  return ec == asio::error::would_block || ec == asio::error::try_again;
}

void clear(std::string& text) {
  if (text.capacity() > kKeptBytes) {
    text = std::string();
  } else {
    text.clear();
  }
}

}  // namespace

Connection::Connection(Loop& loop, asio::ip::tcp::socket socket, std::string remote_address)
    : loop_(loop), socket_(std::move(socket)), remote_address_(std::move(remote_address)) {
  loop_.add(*this);
}

Connection::~Connection() { close(); }

void Connection::start() {
  self_ = shared_from_this();
  error_code ec;
  socket_.non_blocking(true, ec);
  if (!ec) socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  if (ec) return close();
  idle_since_ = Clock::now();
  wait_for_input();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  const auto self = std::move(self_);
  error_code ignored;
  socket_.close(ignored);
  while (oldest_) oldest_ = std::move(oldest_->next);
  newest_ = nullptr;
  loop_.remove(*this);
}

bool Connection::is_idle() const {
  return pending_ == 0 && !parser_ && input_.empty() && output_.empty() && !lingering_;
}

void Connection::close_if_idle() {
  if (is_idle()) close();
}

bool Connection::may_parse() const {
  if (closed_ || no_more_requests_ || (loop_.draining() && !parser_)) return false;
  return pending_ < kMaxPendingRequests && output_.size() < kMaxUnsentBytes;
}

void Connection::wait_for_input() {
  if (reading_ || closed_) return;
  reading_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& ec) {
                       self->reading_ = false;
                       if (ec) return self->close();
                       self->on_readable();
                     });
}

void Connection::on_readable() {
  if (closed_) return;
  if (lingering_) return discard_input();
  std::vector<char>& buffer = loop_.receive_buffer;
  for (;;) {
    error_code ec;
    const std::size_t count = socket_.read_some(asio::buffer(buffer), ec);
    if (would_block(ec)) break;
    if (ec && ec != asio::error::eof) return close();
    end_of_input_ = ec == asio::error::eof;
    if (end_of_input_) break;
    take_input({buffer.data(), count});
    // A part of a buffer is all there was; and what cannot be parsed now is left in the socket.
    if (count < buffer.size() || !may_parse()) break;
  }
  pump();
}

// Parses straight from the receive buffer; only what is left over is copied.
void Connection::take_input(std::string_view data) {
  if (!input_.empty()) {
    input_ += data;
    return;
  }
  pumping_ = true;
  const std::size_t consumed = parse(data);
  pumping_ = false;
  input_.assign(data.substr(consumed));
}

void Connection::pump() {
  if (pumping_ || closed_) return;
  const auto self = shared_from_this();  // a close() must not end us halfway
  pumping_ = true;
  for (;;) {
    const std::size_t consumed = input_.empty() ? 0 : parse(input_);
    if (consumed == input_.size()) {
      clear(input_);
    } else {
      input_.erase(0, consumed);
    }
    loop_.send_buffer.clear();
    collect_responses(loop_.send_buffer);
    send(loop_.send_buffer);
    if (loop_.send_buffer.capacity() > kMaxSendBuffer) loop_.send_buffer = std::string();
    if (closed_ || consumed == 0 || input_.empty() || !may_parse()) break;
  }
  pumping_ = false;
  if (!closed_) finish_or_wait();
}

std::size_t Connection::parse(std::string_view data) {
  std::size_t total = 0;
  while (total < data.size() && may_parse()) {
    std::string_view rest = data.substr(total);
    if (!parser_) {
      // RFC 9112 section 2.2: empty lines before a request are read over.
      const std::size_t skipped = std::min(rest.find_first_not_of("\r\n"), rest.size());
      total += skipped;
      rest.remove_prefix(skipped);
      if (rest.empty()) break;
      parser_.emplace(loop_.options().max_header_bytes, loop_.options().max_body_bytes);
      request_since_ = Clock::now();
    }
    const RequestParser::Step step = parser_->put(rest);
    total += step.consumed;
    if (step.outcome == RequestParser::Outcome::kRefused) {
      refuse(step.status);
      return data.size();
    }
    if (step.outcome == RequestParser::Outcome::kNeedMore) break;
    dispatch();
  }
  return total;
}

void Connection::dispatch() {
  Request request = parser_->take();
  auto slot = append_slot();
  slot->head = request.method == "HEAD";
  slot->http_1_0 = parser_->is_http_1_0();
  slot->last = !parser_->wants_keep_alive();
  if (slot->last) no_more_requests_ = true;
  parser_.reset();
  request.remote_address = remote_address_;
  loop_.handler()(std::move(request), Responder(std::move(slot)));
}

std::shared_ptr<Responder::Impl> Connection::append_slot() {
  auto slot = std::make_shared<Responder::Impl>();
  slot->inbox = loop_.inbox();
  slot->connection = weak_from_this();
  (newest_ == nullptr ? oldest_ : newest_->next) = slot;
  newest_ = slot.get();
  ++pending_;
  return slot;
}

// The answer to a request that never reaches the handler; takes its turn behind the earlier ones.
void Connection::refuse(int status) {
  const auto slot = append_slot();
  slot->http_1_0 = parser_ && parser_->is_http_1_0();
  slot->response = loop_.refusal(status);
  slot->ready = true;
  slot->last = true;
  parser_.reset();
  no_more_requests_ = true;
  refused_ = true;
}

void Connection::collect_responses(std::string& out) {
  while (oldest_ && oldest_->ready) {
    Responder::Impl& slot = *oldest_;
    if (slot.abandoned) slot.response = loop_.refusal(500);
    const bool last_when_draining = loop_.draining() && !slot.next && !parser_;
    const bool close_now = slot.last || slot.response.close || last_when_draining;
    if (slot.response.drop) {
      send(out);  // what was answered before it
      return close();
    }
    append_response(
        out, slot.response,
        {.head = slot.head, .http_1_0 = slot.http_1_0, .close = close_now, .date = loop_.date()});
    --pending_;
    oldest_ = std::move(slot.next);
    if (!oldest_) newest_ = nullptr;
    if (close_now) {
      // What the client sent behind it is not answered: its place in the order is gone.
      no_more_requests_ = true;
      if (oldest_ || parser_) refused_ = true;
      while (oldest_) oldest_ = std::move(oldest_->next);
      newest_ = nullptr;
      pending_ = 0;
      parser_.reset();
    }
  }
  if (pending_ == 0 && parser_ && parser_->waits_for_continue()) {
    out += "HTTP/1.1 100 Continue\r\n\r\n";
    parser_->continued();
  }
}

void Connection::send(std::string_view data) {
  if (closed_) return;
  if (writing_) {
    output_ += data;
    return;
  }
  while (!data.empty()) {
    error_code ec;
    const std::size_t count = socket_.write_some(asio::buffer(data.data(), data.size()), ec);
    if (would_block(ec)) break;
    if (ec) return close();
    data.remove_prefix(count);
  }
  if (data.empty()) return;
  output_ = data;
  output_since_ = Clock::now();
  wait_for_room();
}

void Connection::wait_for_room() {
  writing_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](const error_code& ec) {
                       self->writing_ = false;
                       if (ec) return self->close();
                       if (self->closed_) return;
                       std::string waiting;
                       waiting.swap(self->output_);
                       self->send(waiting);
                       self->pump();
                     });
}

void Connection::finish_or_wait() {
  const bool all_sent = pending_ == 0 && output_.empty();
  if (all_sent && no_more_requests_) return refused_ || !input_.empty() ? linger() : close();
  if (all_sent && (end_of_input_ || (loop_.draining() && is_idle()))) return close();
  if (!parser_) idle_since_ = Clock::now();
  // A half-closed socket stays readable: waiting for it would spin.
  if (!end_of_input_ && !no_more_requests_ && may_parse()) wait_for_input();
}

// Closing a socket while the client still sends makes the kernel reset the connection, and the
// reset can overtake the response. So the sending side is closed first and the rest is read over,
// within limits.
void Connection::linger() {
  if (end_of_input_) return close();
  lingering_ = true;
  clear(input_);
  idle_since_ = Clock::now();
  error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (ec) return close();
  wait_for_input();
}

void Connection::discard_input() {
  for (;;) {
    error_code ec;
    discarded_ += socket_.read_some(asio::buffer(loop_.receive_buffer), ec);
    if (would_block(ec)) return wait_for_input();
    if (ec || discarded_ > kMaxDiscardedBytes) return close();
  }
}

bool Connection::is_late(Clock::time_point now) const {
  const ServerOptions& options = loop_.options();
  if (lingering_) return now - idle_since_ >= std::min(options.request_timeout, kMaxLinger);
  if (!output_.empty()) return now - output_since_ >= options.request_timeout;
  if (parser_) return may_parse() && now - request_since_ >= options.request_timeout;
  return is_idle() && now - idle_since_ >= options.idle_timeout;
}

void Connection::end_late() {
  if (closed_) return;
  if (lingering_ || !output_.empty() || !parser_) return close();
  refuse(408);
  pump();
}

}  // namespace purser::net
