#pragma once

// For tests: documents by URL, and how often one was asked for.

#include <atomic>
#include <functional>
#include <map>
#include <string>

#include "app/ports/tokens.hpp"

namespace purser::jwks {

class FakeFetch final : public app::HttpFetch {
 public:
  Result<std::string> get(const std::string& url) override {
    ++count;
    if (before_answer) before_answer();
    const auto found = documents.find(url);
    if (found == documents.end()) return Error::internal("the issuer is out of order");
    return found->second;
  }

  std::map<std::string, std::string> documents;
  std::function<void()> before_answer;
  std::atomic<int> count{0};
};

}  // namespace purser::jwks
