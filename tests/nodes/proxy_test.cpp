#include "tests/nodes/proxy.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace purser::nodes {
namespace {

using Side = MessageReader::Side;
using Where = Cut::Where;

std::string message(char type, const std::string& body) {
  std::string bytes;
  if (type != 0) bytes += type;
  const std::size_t length = body.size() + 4;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift & 0xFF);
  return bytes + body;
}

std::string text(const std::string& a) { return a + '\0'; }

const std::string kStartup =
    message(0, std::string("\0\3\0\0", 4) + text("user") + text("u") + '\0');
const std::string kSync = message('S', "");
std::string parse(const std::string& name, const std::string& sql) {
  return message('P', text(name) + text(sql) + std::string(2, '\0'));
}
std::string bind(const std::string& portal, const std::string& statement) {
  return message('B', text(portal) + text(statement) + std::string(6, '\0'));
}
std::string execute(const std::string& portal) {
  return message('E', text(portal) + std::string(4, '\0'));
}
std::string complete(const std::string& tag) { return message('C', text(tag)); }

std::vector<Message> split(MessageReader& reader, const std::string& bytes) {
  reader.feed(bytes);
  std::vector<Message> all;
  while (auto next = reader.next()) all.push_back(*std::move(next));
  return all;
}

TEST(Wire, SplitsWhereverTheBytesArriveBroken) {
  const std::string all = kStartup + parse("a", "SELECT 1") + bind("", "a") + execute("") + kSync;
  for (std::size_t at = 0; at <= all.size(); ++at) {
    MessageReader reader(Side::kClient);
    auto messages = split(reader, all.substr(0, at));
    for (auto& more : split(reader, all.substr(at))) messages.push_back(std::move(more));
    ASSERT_EQ(messages.size(), 5U) << at;
    EXPECT_EQ(messages[0].type, 0);
    EXPECT_EQ(messages[1].type, 'P');
    EXPECT_EQ(messages[4].bytes, kSync);
    std::string joined;
    for (const auto& one : messages) joined += one.bytes;
    EXPECT_EQ(joined, all);
    EXPECT_TRUE(reader.rest().empty());
  }
}

TEST(Wire, NoticesWhatIsNotTheProtocol) {
  MessageReader reader(Side::kServer);
  EXPECT_TRUE(split(reader, "HTTP/1.1 400 Bad Request\r\n").empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Wire, KnowsTheCommit) {
  MessageReader reader(Side::kServer);  // every message here has a type
  CommitWatch watch;
  const auto commits = [&](const std::string& bytes) {
    int count = 0;
    for (const auto& one : split(reader, bytes)) count += watch.commits(one) ? 1 : 0;
    return count;
  };
  EXPECT_EQ(commits(message('Q', text("COMMIT"))), 1);
  EXPECT_EQ(commits(message('Q', text("SELECT 'COMMIT'"))), 0);
  EXPECT_EQ(commits(parse("c", "COMMIT") + parse("s", "SELECT 1")), 0);
  EXPECT_EQ(commits(bind("", "s") + execute("") + bind("", "c") + execute("") + kSync), 1);
  EXPECT_EQ(commits(bind("", "s") + execute("") + kSync), 0);
  EXPECT_EQ(commits(parse("", "COMMIT") + bind("", "") + execute("")), 1);
  EXPECT_EQ(commits(parse("", "ROLLBACK") + bind("", "") + execute("")), 0);
  EXPECT_TRUE(says_committed(split(reader, complete("COMMIT"))[0]));
  EXPECT_FALSE(says_committed(split(reader, complete("ROLLBACK"))[0]));
}

// --- the proxy between two sockets of the test ---------------------------------------------------

sockaddr_un address_in(const std::string& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder + "/.s.PGSQL.5432").c_str(), sizeof address.sun_path - 1);
  return address;
}

/// Reads `count` bytes, or until the other side has closed.
std::string receive(int fd, std::size_t count) {
  std::string got(count, '\0');
  const ssize_t n = ::recv(fd, got.data(), count, MSG_WAITALL);
  got.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return got;
}

class ProxyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "purser-proxy-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    for (const char* one : {"/up", "/down"}) std::filesystem::create_directory(folder_ + one);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = address_in(folder_ + "/up");
    ASSERT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_, 8), 0);
    proxy_ = std::make_unique<Proxy>(folder_ + "/down", folder_ + "/up");
    ASSERT_TRUE(proxy_->start());
    connect();
  }
  void TearDown() override {
    for (const int fd : {client_, server_, listener_}) ::close(fd);
    proxy_.reset();
    std::filesystem::remove_all(folder_);
  }
  /// A connection that has begun.
  void connect() {
    client_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = address_in(folder_ + "/down");
    ASSERT_EQ(::connect(client_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    server_ = ::accept(listener_, nullptr, nullptr);
    ASSERT_GE(server_, 0);
    say(client_, kStartup);
    ASSERT_EQ(receive(server_, kStartup.size()), kStartup);
  }
  static void say(int fd, const std::string& bytes) {
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  static constexpr std::size_t kEnough = 10'000;

  std::string folder_;
  int listener_ = -1;
  int client_ = -1;
  int server_ = -1;
  std::unique_ptr<Proxy> proxy_;
};

const std::string kSelect = parse("", "SELECT 1") + bind("", "") + execute("");
const std::string kCommit = parse("", "COMMIT") + bind("", "") + execute("") + kSync;

TEST_F(ProxyTest, ForwardsBothWays) {
  say(client_, kSelect + kCommit);
  EXPECT_EQ(receive(server_, (kSelect + kCommit).size()), kSelect + kCommit);
  say(server_, complete("SELECT 1"));
  EXPECT_EQ(receive(client_, complete("SELECT 1").size()), complete("SELECT 1"));
  EXPECT_EQ(proxy_->commits(), 1U);
  EXPECT_EQ(proxy_->cuts(), 0U);
  ::shutdown(client_, SHUT_RDWR);
  EXPECT_EQ(receive(server_, kEnough), "");
}

TEST_F(ProxyTest, CutsAtAMessageOfTheClient) {
  const struct {
    Where where;
    std::string arrives;
  } cases[] = {
      {Where::kBeforeMessage, parse("", "SELECT 1")},
      {Where::kWithinMessage,
       parse("", "SELECT 1") + bind("", "").substr(0, bind("", "").size() / 2)},
      {Where::kAfterMessage, parse("", "SELECT 1") + bind("", "")},
  };
  for (const auto& one : cases) {
    proxy_->arm({one.where, Side::kClient, 1});
    say(client_, kSelect);
    EXPECT_EQ(receive(server_, kEnough), one.arrives) << to_string({one.where, Side::kClient, 1});
    EXPECT_EQ(receive(client_, kEnough), "");
    EXPECT_FALSE(proxy_->is_armed());
    ::close(client_);
    ::close(server_);
    connect();
  }
  EXPECT_EQ(proxy_->cuts(), 3U);
}

TEST_F(ProxyTest, CutsAtAMessageOfTheServer) {
  proxy_->arm({Where::kWithinMessage, Side::kServer, 1});
  say(client_, kSelect);  // of the other side: not counted
  EXPECT_EQ(receive(server_, kSelect.size()), kSelect);
  say(server_, complete("BEGIN") + complete("SELECT 12"));
  const std::string half = complete("SELECT 12").substr(0, complete("SELECT 12").size() / 2);
  EXPECT_EQ(receive(client_, kEnough), complete("BEGIN") + half);
  EXPECT_EQ(receive(server_, kEnough), "");
}

TEST_F(ProxyTest, CutsBeforeACommit) {
  proxy_->arm({Where::kBeforeCommit, Side::kClient, 0});
  say(client_, kSelect + kCommit);
  const std::string before = kSelect + parse("", "COMMIT") + bind("", "");
  EXPECT_EQ(receive(server_, kEnough), before);
  EXPECT_EQ(receive(client_, kEnough), "");
}

TEST_F(ProxyTest, CutsBehindACommit) {
  proxy_->arm({Where::kAfterCommit, Side::kClient, 1});
  say(client_, kCommit);
  EXPECT_EQ(receive(server_, kCommit.size()), kCommit);
  say(client_, kSelect + kCommit);
  EXPECT_EQ(receive(server_, kEnough), kSelect + parse("", "COMMIT") + bind("", "") + execute(""));
  EXPECT_EQ(receive(client_, kEnough), "");
}

TEST_F(ProxyTest, CutsAtTheAnswerToACommit) {
  proxy_->arm({Where::kCommitAnswered, Side::kClient, 0});
  say(client_, kSelect + kCommit);
  EXPECT_EQ(receive(server_, (kSelect + kCommit).size()), kSelect + kCommit);
  EXPECT_TRUE(proxy_->is_armed());
  say(server_, complete("SELECT 1") + complete("COMMIT"));
  EXPECT_EQ(receive(client_, kEnough), complete("SELECT 1"));
  EXPECT_EQ(proxy_->cuts(), 1U);
}

TEST_F(ProxyTest, ClosesAtOnceWhenThereIsNoServer) {
  ::close(listener_);
  listener_ = -1;
  const int late = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = address_in(folder_ + "/down");
  ASSERT_EQ(::connect(late, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(receive(late, kEnough), "");
  ::close(late);
}

TEST_F(ProxyTest, ACutThatWasNotReachedCanBeTakenBack) {
  proxy_->arm({Where::kBeforeMessage, Side::kClient, 100});
  say(client_, kSelect);
  EXPECT_EQ(receive(server_, kSelect.size()), kSelect);
  EXPECT_TRUE(proxy_->disarm());
  EXPECT_FALSE(proxy_->disarm());
  say(client_, kSelect);
  EXPECT_EQ(receive(server_, kSelect.size()), kSelect);
}

}  // namespace
}  // namespace purser::nodes
