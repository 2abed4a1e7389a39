#include "server/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

namespace purser::server {
namespace {

bool on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace

ProgressBar::ProgressBar(std::string what) : what_(std::move(what)), shown_(on_terminal()) {}

ProgressBar::~ProgressBar() {
  if (percent_ >= 0) std::cerr << "\r\033[K";
}

void ProgressBar::update(std::int64_t done, std::int64_t total) {
  constexpr int kWidth = 40;
  const auto percent = static_cast<int>(total > 0 ? done * 100 / total : 0);
  if (!shown_ || percent == percent_) return;
  percent_ = percent;
  const int filled = percent * kWidth / 100;
  std::cerr << fmt::format("\r{} [{:#<{}}{:.<{}}] {:>3} %", what_, "", filled, "", kWidth - filled,
                           percent)
            << std::flush;
}

void ProgressLines::update(const std::string& what, std::int64_t done, std::int64_t total) {
  constexpr std::int64_t kTenths = 10;
  const bool fresh = what != what_;
  if (fresh) {
    what_ = what;
    tenths_ = 0;
    bar_.reset();
    bar_.emplace(what);
  }
  if (on_terminal()) return bar_->update(done, total);
  const std::int64_t tenths = total > 0 ? done * kTenths / total : 0;
  if (fresh) {
    std::cerr << fmt::format("{}: {}\n", what, total);
  } else if (tenths > tenths_ && tenths < kTenths) {
    std::cerr << fmt::format("{}: {} of {}\n", what, done, total);
  }
  tenths_ = tenths;
}

}  // namespace purser::server
