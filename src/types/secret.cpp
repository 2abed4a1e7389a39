#include "types/secret.hpp"

#include <ostream>

namespace purser {

void PrintTo(const Secret& /*secret*/, std::ostream* out) { *out << Secret::redacted(); }

}  // namespace purser
