#pragma once

#include <utility>
#include <variant>

#include "purser/error.hpp"

namespace purser::sdk {

namespace detail {
/// Ends the program with a sentence on stderr: it read the half of a Result that is not there.
[[noreturn]] void wrong_alternative(const Error* error);
}  // namespace detail

/// The outcome of a call: exactly one of a `T` and an Error. A value like any other; not
/// synchronised. The SDK throws no exceptions; `value()` on a failed Result is a defect of the
/// caller and ends the program with the error's text, which is what a script or an example wants.
/// The names are those of std::expected.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & {
    require_value();
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    require_value();
    return *std::get_if<0>(&state_);
  }
  /// By value, so that `for (auto& x : app.list(…).value())` iterates over something that lives.
  T value() && {
    require_value();
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    if (has_value()) detail::wrong_alternative(nullptr);
    return *std::get_if<1>(&state_);
  }

  T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

 private:
  void require_value() const {
    if (!has_value()) detail::wrong_alternative(std::get_if<1>(&state_));
  }
  std::variant<T, Error> state_;
};

/// The outcome of a call that answers nothing.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (!has_value()) detail::wrong_alternative(std::get_if<1>(&state_));
  }
  const Error& error() const {
    if (has_value()) detail::wrong_alternative(nullptr);
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace purser::sdk
