#include "tests/faults/findings.hpp"

namespace purser::faults {

void Findings::add(std::string what) {
  ++violation_count;
  if (violations.size() < 50) violations.push_back(std::move(what));
}

}  // namespace purser::faults
