#include "adapters/stripe/transport.hpp"

#include <curl/curl.h>

#include <charconv>
#include <string_view>

namespace purser::stripe {
namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10;

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;

void append(Slist& list, const std::string& line) {
  // On exhaustion libcurl keeps the list that was; the process is about to end anyway.
  if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
    static_cast<void>(list.release());
    list.reset(longer);
  }
}

/// What the callbacks of one exchange share.
struct Receiving {
  HttpReply reply;
  std::size_t header_bytes = 0;
  std::size_t max_body_bytes = 0;
  bool too_large = false;
  const std::atomic<bool>* stopping = nullptr;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<std::int64_t> parse_delay(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return seconds;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& receiving = *static_cast<Receiving*>(context);
  const std::string_view line(data, size * count);
  receiving.header_bytes += line.size();
  if (receiving.header_bytes > kMaxHeaderBytes) {
    receiving.too_large = true;
    return 0;
  }
  HttpReply& reply = receiving.reply;
  if (line.starts_with("HTTP/")) {  // also after a 100 Continue: what came before does not count
    reply = HttpReply{};
    return line.size();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  const std::string name = lower(trim(line.substr(0, colon)));
  const std::string_view value = trim(line.substr(colon + 1));
  if (name == "request-id") reply.request_id = value;
  if (name == "stripe-should-retry" && value == "true") reply.should_retry = true;
  if (name == "stripe-should-retry" && value == "false") reply.should_retry = false;
  if (name == "idempotent-replayed") reply.replayed = value == "true";
  if (name == "retry-after") reply.retry_after = parse_delay(value);
  return line.size();
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& receiving = *static_cast<Receiving*>(context);
  const std::size_t length = size * count;
  if (length > receiving.max_body_bytes - receiving.reply.body.size()) {
    receiving.too_large = true;
    return 0;
  }
  receiving.reply.body.append(data, length);
  return length;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Receiving*>(context)->stopping->load(std::memory_order_relaxed) ? 1 : 0;
}

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

bool has_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  const bool present = curl_url_get(url, part, &text, 0) == CURLUE_OK;
  curl_free(text);
  return present;
}

bool is_base_url(const std::string& text) {
  if (!text.starts_with("https://") && !text.starts_with("http://")) return false;
  // libcurl answers a path of "/" also where there is none.
  if (text.find('/', text.find("://") + 3) != std::string::npos) return false;
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  if (!url ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return false;
  }
  return !has_part(url.get(), CURLUPART_QUERY) && !has_part(url.get(), CURLUPART_FRAGMENT);
}

Slist headers_of(const HttpRequest& request) {
  Slist list;
  append(list, "Authorization: Bearer " + request.secret_key.reveal());
  append(list, "Expect:");  // no 100-continue round trip
  for (const auto& [name, value] : request.headers) {
    std::string line = name;
    append(list, line.append(": ").append(value));
  }
  return list;
}

void set_request(CURL* curl, const HttpRequest& request, const CurlTransportOptions& options,
                 const std::string& url, curl_slist* headers) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  } else if (request.method == "DELETE") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
  }
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.request_timeout.count));
}

void set_safety(CURL* curl, const CurlTransportOptions& options) {
  const bool plain = options.base_url.starts_with("http://");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
  // A proxy from the environment is for the outside world, not for a sandbox on this machine.
  if (plain) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
}

void set_callbacks(CURL* curl, Receiving& receiving) {
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiving);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &receiving);
}

}  // namespace

struct CurlTransport::Handle {
  Handle() : curl(curl_easy_init()) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl_easy_cleanup(curl); }
  CURL* curl;
};

Result<std::unique_ptr<CurlTransport>> CurlTransport::create(CurlTransportOptions options) {
  initialise_curl();
  if (!is_base_url(options.base_url)) {
    return Error::internal("Stripe's base URL must be http(s)://host[:port]: " + options.base_url);
  }
  return std::make_unique<CurlTransport>(std::move(options));
}

CurlTransport::CurlTransport(CurlTransportOptions options) : options_(std::move(options)) {}
CurlTransport::~CurlTransport() = default;

void CurlTransport::stop() { stopping_.store(true, std::memory_order_relaxed); }

std::unique_ptr<CurlTransport::Handle> CurlTransport::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return std::make_unique<Handle>();
}

void CurlTransport::give_back(std::unique_ptr<Handle> handle) {
  // Forgets the options (the secret key among them) and keeps the connection.
  curl_easy_reset(handle->curl);
  const std::lock_guard lock(mutex_);
  if (idle_.size() < options_.max_idle_connections) idle_.push_back(std::move(handle));
}

Exchange CurlTransport::exchange(const HttpRequest& request) {
  auto handle = borrow();
  if (handle->curl == nullptr) return NoReply{"libcurl has no memory"};
  Receiving receiving;
  receiving.max_body_bytes = options_.max_response_bytes;
  receiving.stopping = &stopping_;
  const std::string url = options_.base_url + request.path;
  const Slist headers = headers_of(request);
  set_request(handle->curl, request, options_, url, headers.get());
  set_safety(handle->curl, options_);
  set_callbacks(handle->curl, receiving);

  const CURLcode code = curl_easy_perform(handle->curl);
  long status = 0;
  curl_easy_getinfo(handle->curl, CURLINFO_RESPONSE_CODE, &status);
  give_back(std::move(handle));
  if (receiving.too_large) return NoReply{"the answer was larger than allowed"};
  if (code != CURLE_OK) return NoReply{curl_easy_strerror(code)};
  receiving.reply.status = static_cast<int>(status);
  return std::move(receiving.reply);
}

}  // namespace purser::stripe
