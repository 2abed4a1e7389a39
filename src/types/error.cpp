#include "types/error.hpp"

namespace purser {

std::optional<ErrorCode> parse_error_code(std::string_view name) {
  for (const ErrorRow& row : kErrorTable) {
    if (row.name == name) return row.code;
  }
  return std::nullopt;
}

}  // namespace purser
