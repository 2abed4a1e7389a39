// The bottom layer: one HTTP exchange over libcurl.

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "purser/transport.hpp"

namespace purser::sdk {

namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

/// Where libcurl's callbacks put what arrives.
struct Arriving {
  HttpResponse response;
  std::size_t max_bytes;
  bool too_long = false;
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& arriving = *static_cast<Arriving*>(user);
  const std::size_t bytes = size * count;
  if (arriving.response.body.size() + bytes > arriving.max_bytes) {
    arriving.too_long = true;
    return 0;
  }
  arriving.response.body.append(data, bytes);
  return bytes;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& headers = static_cast<Arriving*>(user)->response.headers;
  const std::string_view line(data, size * count);
  // A new status line begins a new header section (after 100 Continue).
  if (line.starts_with("HTTP/")) headers.clear();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  const auto begin = line.find_first_not_of(" \t", colon + 1);
  const auto end = line.find_last_not_of(" \t\r\n");
  std::string_view value;
  if (begin != std::string_view::npos && end >= begin) value = line.substr(begin, end - begin + 1);
  headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return line.size();
}

/// Keeps idle handles, each with its open connection. A call owns a handle while it runs.
class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlOptions options) : options_(std::move(options)) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(initialised);
  }

  Result<HttpResponse> send(const HttpRequest& request) override {
    Handle handle = borrow();
    if (!handle) return Error(ErrorCode::kNoAnswer, "libcurl cannot make a handle.");
    Arriving arriving{{}, options_.max_response_bytes};
    const HeaderList headers = make_headers(request);
    prepare(handle.get(), request, headers.get(), arriving);
    const CURLcode code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) return failure(code, arriving);
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    arriving.response.status = static_cast<int>(status);
    give_back(std::move(handle));
    return std::move(arriving.response);
  }

 private:
  static HeaderList make_headers(const HttpRequest& request) {
    HeaderList list;
    const auto append = [&](const char* line) {
      if (auto* longer = curl_slist_append(list.get(), line)) {
        static_cast<void>(list.release());
        list.reset(longer);
      }
    };
    for (const auto& header : request.headers) append((header.name + ": " + header.value).c_str());
    append("Expect:");  // libcurl would wait for a 100 Continue before larger bodies,
    if (request.body.empty()) append("Content-Type:");  // and call an empty body a form.
    return list;
  }

  void prepare(CURL* handle, const HttpRequest& request, curl_slist* headers,
               Arriving& arriving) const {
    curl_easy_reset(handle);  // Forgets the options of the last request, keeps the connection.
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(
        handle, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::min(request.timeout, options_.connect_timeout).count()));
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &arriving);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &arriving);
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
    }
    if (request.method != "GET") {
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
      curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }

  static Error failure(CURLcode code, const Arriving& arriving) {
    if (arriving.too_long) return {ErrorCode::kNoAnswer, "The answer is longer than allowed."};
    if (code == CURLE_OPERATION_TIMEDOUT) {
      return {ErrorCode::kDeadlineExceeded, "No answer came in time."};
    }
    return {ErrorCode::kNoAnswer, std::string("No answer came: ") + curl_easy_strerror(code) + "."};
  }

  Handle borrow() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    return Handle(curl_easy_init());
  }

  void give_back(Handle handle) {
    const std::lock_guard lock(mutex_);
    // The last one used is the first one used again, so that surplus connections fall idle.
    if (idle_.size() < options_.max_idle_connections) idle_.push_back(std::move(handle));
  }

  const CurlOptions options_;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

std::shared_ptr<Transport> make_curl_transport(CurlOptions options) {
  return std::make_shared<CurlTransport>(std::move(options));
}

}  // namespace purser::sdk
