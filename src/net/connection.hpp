#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/loop.hpp"
#include "net/request_parser.hpp"
#include "net/server.hpp"

namespace purser::net {

/// A request that was handed to the handler, and its place in the order of responses.
struct Responder::Impl {
  std::shared_ptr<Inbox> inbox;
  std::weak_ptr<Connection> connection;
  std::shared_ptr<Impl> next;  ///< the connection's next request
  Response response;           ///< written by the answering thread before it enters the inbox
  bool abandoned = false;      ///< likewise: nobody answered
  bool ready = false;          ///< belongs to the I/O thread
  bool head = false;
  bool http_1_0 = false;
  bool last = false;
};

/// One client's connection: receives, parses, hands requests to the handler, and sends the
/// responses in the requests' order. Lives on one I/O thread; holds itself from start() until it is
/// closed, because while it waits for a response nothing else may.
///
/// Receiving, parsing, answering and sending all go through pump(), so that everything that can be
/// sent in one turn leaves in one write.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, boost::asio::ip::tcp::socket socket, std::string remote_address);
  ~Connection();

  void start();
  void pump();
  void close();
  void close_if_idle();
  bool is_late(Clock::time_point now) const;
  void end_late();

  Connection* previous_in_loop = nullptr;
  Connection* next_in_loop = nullptr;

 private:
  bool is_idle() const;
  bool may_parse() const;
  void wait_for_input();
  void on_readable();
  void take_input(std::string_view data);
  std::size_t parse(std::string_view data);
  void dispatch();
  std::shared_ptr<Responder::Impl> append_slot();
  void refuse(int status);
  void collect_responses(std::string& out);
  void send(std::string_view data);
  void wait_for_room();
  void finish_or_wait();
  void linger();
  void discard_input();

  Loop& loop_;
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<Connection> self_;
  std::string remote_address_;
  std::string input_;   // received and not parsed yet
  std::string output_;  // what the socket did not take yet
  std::optional<RequestParser> parser_;
  std::shared_ptr<Responder::Impl> oldest_;
  Responder::Impl* newest_ = nullptr;
  std::size_t pending_ = 0;
  std::size_t discarded_ = 0;
  Clock::time_point request_since_;  // while parser_ holds a part of a request
  Clock::time_point output_since_;   // while output_ waits
  Clock::time_point idle_since_;     // while there is neither; also the start of lingering
  bool reading_ = false;
  bool writing_ = false;
  bool pumping_ = false;
  bool no_more_requests_ = false;
  bool end_of_input_ = false;
  bool refused_ = false;
  bool lingering_ = false;
  bool closed_ = false;
};

}  // namespace purser::net
