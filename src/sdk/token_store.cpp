#include <mutex>
#include <utility>

#include "purser/options.hpp"

namespace purser::sdk {

namespace {

class MemoryTokenStore final : public TokenStore {
 public:
  explicit MemoryTokenStore(std::optional<Tokens> tokens) : tokens_(std::move(tokens)) {}

  std::optional<Tokens> load() override {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }
  void save(const Tokens& tokens) override {
    const std::lock_guard lock(mutex_);
    tokens_ = tokens;
  }

 private:
  std::mutex mutex_;
  std::optional<Tokens> tokens_;
};

}  // namespace

std::shared_ptr<TokenStore> make_memory_token_store(std::optional<Tokens> tokens) {
  return std::make_shared<MemoryTokenStore>(std::move(tokens));
}

}  // namespace purser::sdk
