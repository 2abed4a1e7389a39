#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"

namespace purser::http {

inline constexpr std::size_t kMaxSegments = 8;
inline constexpr std::size_t kMaxParameters = 4;

/// What a path and a method lead to.
struct Match {
  const Route* route = nullptr;  ///< null: no route, or none with this method
  std::size_t index = 0;         ///< the route's place in routes()
  /// The path's segments at the pattern's braces, not yet percent-decoded, in order.
  std::array<std::string_view, kMaxParameters> parameters{};
  std::size_t parameter_count = 0;
  const std::vector<std::string_view>* names = nullptr;  ///< the parameters'; the router's
  std::string allowed;  ///< without a route: the methods of this path, "" when there is none
};

/// Finds routes. A path counts with "/api/v1", "/api/latest" or nothing in front. A literal segment
/// wins over a parameter when both have the method. Thread-safe (immutable).
class Router {
 public:
  explicit Router(std::span<const Route> routes);

  /// `method` as sent; HEAD counts as GET. `path` without the query.
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Pattern {
    const Route* route;
    std::size_t index;
    std::vector<std::string_view> segments;
    std::vector<std::string_view> names;  ///< of the parameters, in order
  };
  std::array<std::vector<Pattern>, kMaxSegments + 1> by_length_;
};

/// `path` without its mount.
std::string_view without_mount(std::string_view path);

}  // namespace purser::http
