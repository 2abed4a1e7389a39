#include <fmt/format.h>

#include <iostream>

#include "codec/catalog_codec.hpp"
#include "net/server.hpp"
#include "server/commands.hpp"
#include "server/files.hpp"

namespace purser::server {
namespace {

std::string catalog_path(const Invocation& invocation) {
  return "/api/v1/projects/" + net::percent_encode(invocation.project) + "/catalog";
}

/// Reads and checks a file; prints every error with its path.
Result<domain::Catalog> read_catalog(const std::string& path) {
  PURSER_TRY(const std::string text, read_file(path));
  auto catalog = codec::parse_catalog(text);
  if (catalog) return catalog;
  std::string message = fmt::format("{}: {}", path, catalog.error().message);
  for (const auto& [name, value] : catalog.error().details) {
    const auto* fields = std::get_if<std::vector<FieldError>>(&value);
    if (fields == nullptr) continue;
    for (const FieldError& field : *fields) {
      message += fmt::format("\n  {}: {}", field.path, field.message);
    }
  }
  return Error{ErrorCode::kCatalogInvalid, message};
}

void print_paths(const json::Value& diff, std::string_view name, char sign) {
  const json::Value* paths = diff.find(name);
  if (paths == nullptr || paths->as_array() == nullptr) return;
  for (const json::Value& path : *paths->as_array()) {
    if (path.as_string() != nullptr) std::cout << sign << " " << *path.as_string() << "\n";
  }
}

bool is_empty(const json::Value& diff) {
  for (const std::string_view name : {"added", "changed", "removed"}) {
    const json::Value* paths = diff.find(name);
    if (paths != nullptr && paths->as_array() != nullptr && !paths->as_array()->empty())
      return false;
  }
  return true;
}

}  // namespace

int run_catalog_check(const Invocation& invocation) {
  const auto catalog = read_catalog(invocation.file);
  if (!catalog) return fail(catalog.error());
  std::cout << fmt::format("{} is valid: {} items, {} product lines, {} products\n",
                           invocation.file, catalog->items.size(), catalog->product_lines.size(),
                           catalog->products.size());
  return 0;
}

int run_catalog_put(const Invocation& invocation, const Settings& settings, bool dry_run) {
  const auto catalog = read_catalog(invocation.file);
  if (!catalog) return fail(catalog.error());
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  const auto diff =
      place->api().call("PUT", catalog_path(invocation) + (dry_run ? "?dry_run=true" : ""),
                        codec::encode_catalog(*catalog));
  if (!diff) return fail(diff.error());
  if (invocation.json) {
    std::cout << json::dump(*diff) << "\n";
    return 0;
  }
  print_paths(*diff, "added", '+');
  print_paths(*diff, "changed", '~');
  print_paths(*diff, "removed", '-');
  const std::int64_t version = diff->int_at("version").value_or(0);
  if (is_empty(*diff)) {
    std::cout << fmt::format("Nothing differs from version {}.\n", version);
  } else if (!dry_run) {
    std::cout << fmt::format("Applied: the catalog of {} is at version {}.\n", invocation.project,
                             version);
  }
  return 0;
}

int run_catalog_export(const Invocation& invocation, const Settings& settings) {
  auto place = Workplace::open(settings);
  if (!place) return fail(place.error());
  const auto document = place->api().call("GET", catalog_path(invocation));
  if (!document) return fail(document.error());
  const auto catalog = codec::decode_catalog(*document);
  if (!catalog) return fail(catalog.error());
  const std::string text = invocation.json ? codec::encode_catalog(*catalog) + "\n"
                                           : codec::encode_catalog_yaml(*catalog);
  if (invocation.file.empty() || invocation.file == "-") {
    std::cout << text;
    return 0;
  }
  constexpr unsigned kMode = 0644;
  const Status written = write_file_atomically(invocation.file, text, kMode);
  return written ? 0 : fail(written.error());
}

}  // namespace purser::server
