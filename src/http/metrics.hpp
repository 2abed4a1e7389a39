#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace purser::http {

/// Counts requests by operation and status class, with a histogram of their durations. Thread-safe;
/// recording is a few relaxed additions.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
class Metrics {
 public:
  explicit Metrics(std::vector<std::string_view> operations);

  /// `operation` is an index of the constructor's list.
  void record(std::size_t operation, int status, std::int64_t duration_us);
  /// The two families of lines.
  std::string text() const;

 private:
  // Upper bounds in microseconds; a last bucket takes the rest.
  static constexpr std::array<std::int64_t, 14> kBoundsUs = {
      250,    500,     1'000,   2'500,     5'000,     10'000,    25'000,
      50'000, 100'000, 250'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
  static constexpr std::size_t kBuckets = kBoundsUs.size() + 1;

  struct Operation {
    std::array<std::atomic<std::uint64_t>, 6> by_class{};
    std::array<std::atomic<std::uint64_t>, kBuckets> by_duration{};
    std::atomic<std::uint64_t> sum_us{0};
  };
  static std::string seconds(std::uint64_t us);
  void write_histogram(std::string& out, std::size_t index) const;

  std::vector<std::string_view> names_;
  std::vector<Operation> operations_;
};

/// Appends "# HELP", "# TYPE" and one sample without labels.
void write_sample(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help, std::uint64_t value);

}  // namespace purser::http
