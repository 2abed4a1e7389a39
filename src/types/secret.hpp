#pragma once

#include <string>
#include <utility>

namespace purser {

/// A string that must not be seen: keys, tokens, webhook secrets. It neither streams nor compares with
/// `==` (use crypto::constant_time_equal on `reveal()`); a formatter prints "[redacted]".
/// The one way to the text is `reveal()`, so every use can be found. Erased on destruction.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) = default;
  ~Secret() { wipe(); }

  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  static constexpr const char* redacted() noexcept { return "[redacted]"; }

  friend bool operator==(const Secret&, const Secret&) = delete;

 private:
  void wipe() noexcept {
    volatile char* p = text_.data();
    for (std::size_t i = 0; i < text_.size(); ++i) p[i] = 0;
  }
  std::string text_;
};

}  // namespace purser
