#include "http/router.hpp"

#include <algorithm>

namespace purser::http {
namespace {

struct Segments {
  std::array<std::string_view, kMaxSegments> at{};
  std::size_t count = 0;
  bool too_many = false;
};

Segments split(std::string_view path) {
  Segments segments;
  if (path.empty() || path.front() != '/') return {{}, 0, true};
  path.remove_prefix(1);
  for (;;) {
    const std::size_t end = path.find('/');
    if (segments.count == kMaxSegments) return {{}, 0, true};
    segments.at[segments.count++] = path.substr(0, end);
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

// An empty segment is never a parameter's value: "/users/" is not a user.
bool fits(std::span<const std::string_view> pattern, const Segments& segments) {
  for (std::size_t i = 0; i < segments.count; ++i) {
    if (is_parameter(pattern[i]) ? segments.at[i].empty() : pattern[i] != segments.at[i]) {
      return false;
    }
  }
  return true;
}

// Literals sort before parameters at the first place where two patterns differ in kind.
bool more_literal(std::span<const std::string_view> a, std::span<const std::string_view> b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (is_parameter(a[i]) != is_parameter(b[i])) return is_parameter(b[i]);
  }
  return false;
}

}  // namespace

Router::Router(std::span<const Route> routes) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const Segments segments = split(routes[i].path);
    Pattern pattern{&routes[i], i, {}, parameter_names(routes[i].path)};
    pattern.segments.assign(segments.at.begin(),
                            segments.at.begin() + static_cast<std::ptrdiff_t>(segments.count));
    by_length_[segments.count].push_back(std::move(pattern));
  }
  for (auto& patterns : by_length_) {
    std::ranges::stable_sort(patterns, [](const Pattern& a, const Pattern& b) {
      return more_literal(a.segments, b.segments);
    });
  }
}

Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  const Segments segments = split(without_mount(path));
  if (segments.too_many) return match;
  if (method == "HEAD") method = "GET";
  for (const Pattern& pattern : by_length_[segments.count]) {
    if (!fits(pattern.segments, segments)) continue;
    const std::string_view has = to_string(pattern.route->method);
    if (has != method) {
      if (match.allowed.find(has) == std::string::npos) {
        match.allowed.append(match.allowed.empty() ? "" : ", ").append(has);
      }
      continue;
    }
    match.route = pattern.route;
    match.index = pattern.index;
    match.names = &pattern.names;
    for (std::size_t i = 0; i < segments.count; ++i) {
      if (is_parameter(pattern.segments[i])) {
        match.parameters[match.parameter_count++] = segments.at[i];
      }
    }
    return match;
  }
  return match;
}

std::string_view without_mount(std::string_view path) {
  for (const std::string_view mount : {"/api/v1", "/api/latest"}) {
    if (path.starts_with(mount) && path.size() > mount.size() && path[mount.size()] == '/') {
      return path.substr(mount.size());
    }
  }
  return path;
}

}  // namespace purser::http
