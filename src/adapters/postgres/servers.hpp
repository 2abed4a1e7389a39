#pragma once

#include <string>
#include <utility>
#include <vector>

#include "types/result.hpp"

namespace purser::postgres {

/// What libpq is told of a connection: keywords and their values.
using ConnectionParameters = std::vector<std::pair<std::string, std::string>>;

/// The parameters for each of the servers that a URI names, in its order; at least one. Not left
/// to libpq, which goes on to the next server when one cannot be connected to, but gives up when
/// one takes the connection and closes it: what a proxy before a dead server does.
///
/// Error: kStoreUnavailable with a sentence for the operator: the URI cannot be read.
Result<std::vector<ConnectionParameters>> servers_of(const std::string& uri);

}  // namespace purser::postgres
