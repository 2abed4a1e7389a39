#include "adapters/webhooks/sender.hpp"

#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "adapters/outbound/guarded_curl.hpp"

namespace purser::webhooks {
namespace {

constexpr int kPollMs = 1'000;
constexpr char kStopped[] = "the server stopped";

/// One attempt on its way.
struct Attempt {
  app::WebhookRequest request;
  app::WebhookSender::Done done;
  outbound::CurlPtr curl;
  outbound::UrlPtr url;
  outbound::SlistPtr headers;
  outbound::SlistPtr overrides;
  outbound::Guard guard;
  std::size_t received = 0;
  std::size_t max_bytes = 0;
  bool cut_off = false;
};

std::size_t on_body(char*, std::size_t size, std::size_t count, void* context) {
  auto& attempt = *static_cast<Attempt*>(context);
  attempt.received += size * count;
  attempt.cut_off = attempt.received > attempt.max_bytes;
  return attempt.cut_off ? 0 : size * count;
}

void set_request(Attempt& attempt, const SenderOptions& options) {
  CURL* curl = attempt.curl.get();
  std::vector<std::string> headers = {"Expect:", "Accept:"};  // no 100-continue round trip
  for (const auto& [name, value] : attempt.request.headers) {
    headers.emplace_back(name).append(": ").append(value);
  }
  attempt.headers = outbound::list_of(headers);
  attempt.overrides = outbound::list_of(options.overrides);
  outbound::set_guarded(curl, attempt.guard);
  curl_easy_setopt(curl, CURLOPT_CURLU, attempt.url.get());
  curl_easy_setopt(curl, CURLOPT_RESOLVE, attempt.overrides.get());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, attempt.headers.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, attempt.request.body.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(attempt.request.body.size()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count));
  curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &attempt);
  curl_easy_setopt(curl, CURLOPT_PRIVATE, &attempt);
}

app::WebhookAnswer answer_of(const Attempt& attempt, CURLcode code) {
  if (code != CURLE_OK && !attempt.cut_off) {
    const char* refusal = attempt.guard.refusal;
    return {0, refusal != nullptr ? refusal : curl_easy_strerror(code), std::nullopt};
  }
  app::WebhookAnswer answer;
  long status = 0;
  curl_easy_getinfo(attempt.curl.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  curl_off_t seconds = 0;
  curl_easy_getinfo(attempt.curl.get(), CURLINFO_RETRY_AFTER, &seconds);
  constexpr curl_off_t kMaxSeconds = 10'000'000;
  if (seconds > 0) answer.retry_after = Millis{std::min(seconds, kMaxSeconds) * 1000};
  return answer;
}

}  // namespace

/// The thread and what it works on.
class Sender::Loop {
 public:
  explicit Loop(SenderOptions options) : options_(std::move(options)), multi_(curl_multi_init()) {}
  ~Loop() {
    stop();
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  bool start() {
    if (multi_ == nullptr) return false;
    thread_ = std::thread([this] { run(); });
    return true;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    const std::lock_guard joining(join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  void send(app::WebhookRequest request, Done done) {
    auto attempt = std::make_unique<Attempt>();
    attempt->request = std::move(request);
    attempt->done = std::move(done);
    attempt->max_bytes = options_.max_answer_bytes;
    attempt->guard.allow_private = attempt->request.allow_private;
    attempt->url = outbound::parse_url(attempt->request.url);
    if (const auto refusal = outbound::refusal_of(attempt->url, attempt->guard)) {
      return attempt->done({0, *refusal, std::nullopt});
    }
    attempt->curl.reset(curl_easy_init());
    if (!attempt->curl) return attempt->done({0, "libcurl has no memory", std::nullopt});
    set_request(*attempt, options_);
    if (!enqueue(attempt)) return attempt->done({0, kStopped, std::nullopt});
    curl_multi_wakeup(multi_);
  }

 private:
  /// False when nothing is sent any more; the attempt is the caller's then.
  bool enqueue(std::unique_ptr<Attempt>& attempt) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    queue_.push_back(std::move(attempt));
    return true;
  }

  void run() {
    while (take_queued()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_done();
      curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    }
    for (auto& [curl, attempt] : running_) {
      curl_multi_remove_handle(multi_, curl);
      attempt->done({0, kStopped, std::nullopt});
    }
    running_.clear();
  }

  /// False when it is time to stop; what is queued is told so then.
  bool take_queued() {
    std::vector<std::unique_ptr<Attempt>> taken;
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(queue_);
      stopping = stopping_;
    }
    for (auto& attempt : taken) {
      CURL* curl = attempt->curl.get();
      if (stopping) {
        attempt->done({0, kStopped, std::nullopt});
      } else if (curl_multi_add_handle(multi_, curl) != CURLM_OK) {
        attempt->done({0, "libcurl has no memory", std::nullopt});
      } else {
        running_.emplace(curl, std::move(attempt));
      }
    }
    return !stopping;
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* curl = message->easy_handle;
      const CURLcode code = message->data.result;
      curl_multi_remove_handle(multi_, curl);
      auto node = running_.extract(curl);
      node.mapped()->done(answer_of(*node.mapped(), code));
    }
  }

  const SenderOptions options_;
  CURLM* const multi_;
  std::map<CURL*, std::unique_ptr<Attempt>> running_;  // of the thread alone
  std::mutex mutex_;
  std::mutex join_mutex_;
  std::vector<std::unique_ptr<Attempt>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<Sender>> Sender::create(SenderOptions options) {
  outbound::initialise_curl();
  auto loop = std::make_unique<Loop>(std::move(options));
  if (!loop->start()) return Error::internal("libcurl has no memory");
  return std::unique_ptr<Sender>(new Sender(std::move(loop)));
}

Sender::Sender(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Sender::~Sender() = default;

void Sender::send(app::WebhookRequest request, Done done) {
  loop_->send(std::move(request), std::move(done));
}

void Sender::stop() { loop_->stop(); }

Status Sender::check_url(const std::string& url, bool allow_private) const {
  outbound::Guard guard;
  guard.allow_private = allow_private;
  const auto refusal = outbound::refusal_of(outbound::parse_url(url), guard);
  if (!refusal) return {};
  return Error{ErrorCode::kWebhookUrlNotAllowed,
               "Events are not delivered to this URL: " + *refusal + ".",
               {{"reason", *refusal}}};
}

}  // namespace purser::webhooks
