#pragma once

#include <sys/socket.h>

#include <cstdint>

namespace purser::outbound {

/// Where an address leads.
enum class AddressKind : std::uint8_t {
  kPublic,  ///< the internet
  kPrivate,  ///< this machine, this network or this installation: loopback, RFC 1918, link-local, …
  kUnusable,  ///< no host stands behind it: unspecified, multicast, reserved, documentation
};

/// The kind of an IPv4 or IPv6 address; of an IPv6 address that stands for an IPv4 one (mapped,
/// NAT64), that one's. Everything else, and the tunnels 6to4 and Teredo, is kUnusable. Source: the
/// IANA special-purpose address registries (RFC 6890 and its updates).
AddressKind classify(const sockaddr* address);

}  // namespace purser::outbound
