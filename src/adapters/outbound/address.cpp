#include "adapters/outbound/address.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace purser::outbound {
namespace {

struct Range4 {
  std::uint32_t base;
  int bits;
  AddressKind kind;
};

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr Range4 kSpecial4[] = {
    {ip(0, 0, 0, 0), 8, AddressKind::kUnusable},        // this network
    {ip(10, 0, 0, 0), 8, AddressKind::kPrivate},        // private use
    {ip(100, 64, 0, 0), 10, AddressKind::kPrivate},     // carrier-grade NAT
    {ip(127, 0, 0, 0), 8, AddressKind::kPrivate},       // loopback
    {ip(169, 254, 0, 0), 16, AddressKind::kPrivate},    // link-local, cloud metadata
    {ip(172, 16, 0, 0), 12, AddressKind::kPrivate},     // private use
    {ip(192, 0, 0, 0), 24, AddressKind::kPrivate},      // protocol assignments
    {ip(192, 0, 2, 0), 24, AddressKind::kUnusable},     // documentation
    {ip(192, 88, 99, 0), 24, AddressKind::kUnusable},   // 6to4 relays
    {ip(192, 168, 0, 0), 16, AddressKind::kPrivate},    // private use
    {ip(198, 18, 0, 0), 15, AddressKind::kPrivate},     // benchmarks
    {ip(198, 51, 100, 0), 24, AddressKind::kUnusable},  // documentation
    {ip(203, 0, 113, 0), 24, AddressKind::kUnusable},   // documentation
    {ip(224, 0, 0, 0), 4, AddressKind::kUnusable},      // multicast
    {ip(240, 0, 0, 0), 4, AddressKind::kUnusable},      // reserved, broadcast
};

AddressKind classify4(std::uint32_t address) {
  for (const Range4& range : kSpecial4) {
    if ((address ^ range.base) >> (32 - range.bits) == 0) return range.kind;
  }
  return AddressKind::kPublic;
}

using Bytes16 = std::array<std::uint8_t, 16>;

bool starts_with(const Bytes16& address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

AddressKind classify_last4(const Bytes16& address) {
  return classify4(ip(address[12], address[13], address[14], address[15]));
}

AddressKind classify6(const Bytes16& address) {
  constexpr Bytes16 kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (address == kLoopback) return AddressKind::kPrivate;
  if (starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) {
    return classify_last4(address);  // ::ffff:0:0/96, mapped
  }
  if (starts_with(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return classify_last4(address);  // 64:ff9b::/96, NAT64
  }
  if ((address[0] & 0xfe) == 0xfc) return AddressKind::kPrivate;                        // fc00::/7
  if (address[0] == 0xfe && (address[1] & 0x80) == 0x80) return AddressKind::kPrivate;  // fe80::/9
  if ((address[0] & 0xe0) != 0x20) return AddressKind::kUnusable;         // outside 2000::/3
  if (starts_with(address, {0x20, 0x02})) return AddressKind::kUnusable;  // 6to4
  if (starts_with(address, {0x20, 0x01}) && address[2] < 0x02) {
    return AddressKind::kUnusable;  // 2001::/23: Teredo and other protocols
  }
  if (starts_with(address, {0x20, 0x01, 0x0d, 0xb8}))
    return AddressKind::kUnusable;  // documentation
  if (starts_with(address, {0x3f, 0xff}) && (address[2] & 0xf0) == 0) {
    return AddressKind::kUnusable;  // 3fff::/20, documentation
  }
  return AddressKind::kPublic;
}

}  // namespace

AddressKind classify(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    return classify4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    Bytes16 bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return classify6(bytes);
  }
  return AddressKind::kUnusable;
}

}  // namespace purser::outbound
