#include "http/metrics.hpp"

#include <algorithm>
#include <utility>

namespace purser::http {
namespace {

constexpr std::string_view kClasses[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};

void write_head(std::string& out, std::string_view name, std::string_view type,
                std::string_view help) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  out.append(name).append(" ").append(type).append("\n");
}

}  // namespace

Metrics::Metrics(std::vector<std::string_view> operations)
    : names_(std::move(operations)), operations_(names_.size()) {}

void Metrics::record(std::size_t operation, int status, std::int64_t duration_us) {
  Operation& of = operations_[operation];
  const auto status_class = static_cast<std::size_t>(std::clamp(status / 100, 1, 5));
  const auto bucket = std::ranges::lower_bound(kBoundsUs, duration_us) - kBoundsUs.begin();
  of.by_class[status_class].fetch_add(1, std::memory_order_relaxed);
  of.by_duration[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  of.sum_us.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration_us)),
                      std::memory_order_relaxed);
}

std::string Metrics::seconds(std::uint64_t us) {
  std::string fraction = std::to_string(us % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return std::to_string(us / 1'000'000) + (fraction.empty() ? "" : "." + fraction);
}

void Metrics::write_histogram(std::string& out, std::size_t index) const {
  constexpr std::string_view kName = "purser_http_request_duration_seconds";
  const Operation& of = operations_[index];
  const std::string label = "{operation=\"" + std::string(names_[index]) + "\"";
  std::uint64_t count = 0;
  std::string lines;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    count += of.by_duration[i].load(std::memory_order_relaxed);
    const bool last = i == kBoundsUs.size();
    lines.append(kName).append("_bucket").append(label).append(",le=\"");
    lines.append(last ? "+Inf" : seconds(static_cast<std::uint64_t>(kBoundsUs[i])));
    lines.append("\"} ").append(std::to_string(count)).append("\n");
  }
  if (count == 0) return;
  const std::uint64_t sum = of.sum_us.load(std::memory_order_relaxed);
  out.append(lines).append(kName).append("_sum").append(label).append("} ");
  out.append(seconds(sum)).append("\n").append(kName).append("_count").append(label);
  out.append("} ").append(std::to_string(count)).append("\n");
}

std::string Metrics::text() const {
  constexpr std::string_view kTotal = "purser_http_requests_total";
  std::string out;
  write_head(out, kTotal, "counter", "Answered requests by operation and class of status.");
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    for (std::size_t c = 1; c < operations_[i].by_class.size(); ++c) {
      const std::uint64_t count = operations_[i].by_class[c].load(std::memory_order_relaxed);
      if (count == 0) continue;
      out.append(kTotal).append("{operation=\"").append(names_[i]).append("\",status=\"");
      out.append(kClasses[c]).append("\"} ").append(std::to_string(count)).append("\n");
    }
  }
  write_head(out, "purser_http_request_duration_seconds", "histogram",
             "Time from the complete request to its answer.");
  for (std::size_t i = 0; i < operations_.size(); ++i) write_histogram(out, i);
  return out;
}

void write_sample(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help, std::uint64_t value) {
  write_head(out, name, type, help);
  out.append(name).append(" ").append(std::to_string(value)).append("\n");
}

}  // namespace purser::http
