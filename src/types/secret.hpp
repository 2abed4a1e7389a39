#pragma once

#include <cstring>  // explicit_bzero, of glibc
#include <iosfwd>
#include <string>
#include <utility>

namespace purser {

/// A string that must not be seen: keys, tokens, webhook secrets. It neither streams nor formats
/// nor compares with `==` (use crypto::constant_time_equal on `reveal()`); a test that prints one
/// shows
/// "[redacted]". The one way to the text is `reveal()`, so every use can be found.
/// A value; the memory is erased when the Secret is destroyed, moved from or assigned to.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  // Short strings live inside the object, so that a plain move would leave the text behind.
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  static constexpr const char* redacted() noexcept { return "[redacted]"; }

  friend bool operator==(const Secret&, const Secret&) = delete;
  template <class Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;
  /// GoogleTest prints through this; without it a failed test would dump the bytes.
  friend void PrintTo(const Secret&, std::ostream* out);

 private:
  void wipe() noexcept {
    text_.resize(text_.capacity());  // Within the capacity: no allocation, cannot throw.
    explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }
  std::string text_;
};

}  // namespace purser
