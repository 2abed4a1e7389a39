#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace purser::sqlite {

// Numbers in as few bytes as they need: seven bits a byte, low bits first, the high bit set on all
// but the last. For memory only: `take_number` trusts that `append_number` wrote what it reads.

inline void append_number(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>((value & 0x7f) | 0x80));
  to.push_back(static_cast<char>(value));
}

inline std::uint64_t take_number(std::string_view& from) {
  std::uint64_t value = 0;
  for (int shift = 0; !from.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  return value;
}

}  // namespace purser::sqlite
