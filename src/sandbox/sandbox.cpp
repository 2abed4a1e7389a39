#include "sandbox/sandbox.hpp"

#include <atomic>
#include <utility>

#include "net/server.hpp"
#include "sandbox/service.hpp"

namespace purser::sandbox {
namespace {

constexpr std::size_t kMaxBodyBytes = 1024 * 1024;

net::Response refuse(int status) {
  Failure failure;
  failure.status = status;
  failure.message = status == 413 ? "The request is too large." : "The request is not valid HTTP.";
  return json_response(status, failure_document(failure));
}

class RunningSandbox final : public Sandbox {
 public:
  RunningSandbox(std::unique_ptr<World> world, const SandboxOptions& options)
      : service_(std::move(world), options.clock_can_be_set) {}

  ~RunningSandbox() override { drain(std::chrono::milliseconds(0)); }

  Status listen(const SandboxOptions& options) {
    net::ServerOptions server;
    server.host = options.host;
    server.port = options.port;
    server.max_body_bytes = kMaxBodyBytes;
    server.refusal = refuse;
    server.unix_seconds = [now = options.now_millis] { return now() / 1000; };
    PURSER_TRY(server_, net::Server::start(std::move(server), [this](const net::Request& request,
                                                                     net::Responder respond) {
                 ready_.wait(false);  // the URL is known only once the server listens
                 service_.handle(request, std::move(respond));
               }));
    url_ = "http://" + options.host + ":" + std::to_string(server_->port());
    service_.set_base_url(url_);
    ready_.test_and_set();
    ready_.notify_all();
    service_.resume();
    return {};
  }

  std::string url() const override { return url_; }

  void drain(std::chrono::milliseconds deadline) override {
    if (server_ != nullptr) server_->drain(deadline);
    service_.stop();
  }

 private:
  Service service_;
  std::unique_ptr<net::Server> server_;  // stops before the service goes
  std::string url_;
  std::atomic_flag ready_;
};

}  // namespace

Result<std::unique_ptr<Sandbox>> Sandbox::start(const SandboxOptions& options) {
  if (!options.now_millis) return Error::internal("a sandbox needs a clock");
  PURSER_TRY(auto world, World::open(options.state_file, options.seed, options.now_millis));
  auto sandbox = std::make_unique<RunningSandbox>(std::move(world), options);
  PURSER_CHECK_OK(sandbox->listen(options));
  return std::unique_ptr<Sandbox>(std::move(sandbox));
}

}  // namespace purser::sandbox
