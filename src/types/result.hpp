#pragma once

#include <cassert>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <variant>

#include "types/error.hpp"

namespace purser {

/// The value of an operation that can fail: exactly one of a `T` and an `Error`, never both.
/// Method names are the subset of C++23's std::expected that we use. Not thread-safe (a value).
/// Reading the alternative that is not there is a defect of the caller and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // Implicit on purpose: `return value;` and `return Error{...};` are the two ways out of a
  // function.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & {
    require(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    require(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    require(has_value());
    return std::move(*std::get_if<0>(&state_));
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & {
    require(!has_value());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    require(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    require(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

  T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

 private:
  static void require(bool held) {
    if (!held) std::abort();
  }
  std::variant<T, Error> state_;
};

/// A Result without a value: success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT

  bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const& {
    if (!failed_) std::abort();
    return error_;
  }
  Error&& error() && {
    if (!failed_) std::abort();
    return std::move(error_);
  }

 private:
  Error error_;
  bool failed_ = false;
};

using Status = Result<void>;

}  // namespace purser

#define PURSER_CONCAT_INNER(a, b) a##b
#define PURSER_CONCAT(a, b) PURSER_CONCAT_INNER(a, b)

/// `PURSER_TRY(auto x, expression);` binds x to the value or returns the error from this function.
#define PURSER_TRY(declaration, ...)                                \
  auto PURSER_CONCAT(purser_try_, __LINE__) = (__VA_ARGS__);        \
  if (!PURSER_CONCAT(purser_try_, __LINE__).has_value())            \
    return std::move(PURSER_CONCAT(purser_try_, __LINE__)).error(); \
  declaration = *std::move(PURSER_CONCAT(purser_try_, __LINE__))

/// `PURSER_CHECK_OK(expression);` returns the error from this function if there is one.
#define PURSER_CHECK_OK(...)                                                 \
  do {                                                                       \
    auto purser_status = (__VA_ARGS__);                                      \
    if (!purser_status.has_value()) return std::move(purser_status).error(); \
  } while (false)
