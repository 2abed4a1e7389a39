#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace purser::http {

/// Makes the ids that name requests in answers and in the log: 32 hexadecimal digits, unique for
/// this process and, with overwhelming probability, among all. Not secret, never taken from
/// outside. Thread-safe.
class RequestIds {
 public:
  RequestIds();
  std::string next();

 private:
  std::string prefix_;
  std::uint64_t offset_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace purser::http
