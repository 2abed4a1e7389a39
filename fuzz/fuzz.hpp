#pragma once

// What every fuzz target needs. A target does more than not crash: it states what must hold for
// whatever it is given, with FUZZ_REQUIRE.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

/// The entry that libFuzzer and seeded_main.cpp call.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace purser::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

[[noreturn]] inline void fail(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

}  // namespace purser::fuzz

/// Ends the program, as a crash does, when the condition does not hold; also in release builds.
#define FUZZ_REQUIRE(condition)                                           \
  do {                                                                    \
    if (!(condition)) purser::fuzz::fail(#condition, __FILE__, __LINE__); \
  } while (false)
