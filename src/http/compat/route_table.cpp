#include <vector>

#include "http/compat/route.hpp"

// The one table of the protocol's routes, put together from its chapters.
namespace purser::http::compat {
namespace {

std::vector<Row> all_rows() {
  std::vector<Row> all;
  for (const auto chapter : {payment_rows(), people_rows(), internal_rows()}) {
    all.insert(all.end(), chapter.begin(), chapter.end());
  }
  return all;
}

}  // namespace

std::span<const Row> rows() {
  static const std::vector<Row> kRows = all_rows();
  return kRows;
}

std::span<const Route> routes() {
  static const std::vector<Route> kRoutes = [] {
    std::vector<Route> list;
    for (const Row& row : rows()) list.push_back(row.route);
    return list;
  }();
  return kRoutes;
}

const Row& row_of(const Route& route) {
  return rows()[static_cast<std::size_t>(&route - routes().data())];
}

}  // namespace purser::http::compat
