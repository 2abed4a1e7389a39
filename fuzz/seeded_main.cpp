// Runs a fuzz target without libFuzzer: every file of the corpus, then seeded mutations of them.
//
//   fuzz_json CORPUS-FOLDER ROUNDS [SEED [ROUND]]
//
// Without a seed: always the same one, so that the test run is the same everywhere. A failure
// prints seed and round; with both given, that one input runs alone (for a debugger).

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace {

constexpr std::uint64_t kDefaultSeed = 20'250'101;
constexpr std::size_t kMaxInput = 65'536;

// What a failing run needs to be repeated; read in a signal handler.
char where[256] = "before the first input\n";  // NOLINT

void at(const std::string& text) {
  const std::size_t size = std::min(text.size(), sizeof where - 2);
  std::copy_n(text.data(), size, where);
  where[size] = '\n';
  where[size + 1] = '\0';
}

extern "C" void on_crash(int signal) {
  constexpr std::string_view kIntro = "crashed at ";
  static_cast<void>(!write(2, kIntro.data(), kIntro.size()));
  static_cast<void>(!write(2, where, std::string_view(where).size()));
  static_cast<void>(std::signal(signal, SIG_DFL));
  static_cast<void>(std::raise(signal));
}

/// SplitMix64: small, seeded, the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : next() % limit; }

 private:
  std::uint64_t state_;
};

constexpr std::string_view kTokens[] = {"0",
                                        "-1",
                                        "1",
                                        "9007199254740991",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "1e9",
                                        "1.5",
                                        "null",
                                        "true",
                                        "\"\"",
                                        "[]",
                                        "{}",
                                        "\\u0",
                                        "%00",
                                        "\xc3\xa9",
                                        "\xff",
                                        "\xed\xa0\x80",
                                        "..",
                                        "//",
                                        "\\",
                                        "\r\n",
                                        "=",
                                        ",",
                                        ":",
                                        "&a",
                                        "*a",
                                        "!!",
                                        "<<",
                                        "@"};

void mutate(std::string& text, const std::vector<std::string>& corpus, Dice& dice) {
  const std::size_t place = dice.below(text.size() + 1);
  const std::size_t length = dice.below(std::min<std::size_t>(text.size() - place, 64) + 1);
  switch (dice.below(8)) {
    case 0:
      if (place < text.size()) text[place] = static_cast<char>(text[place] ^ (1 << dice.below(8)));
      break;
    case 1:
      if (place < text.size()) text[place] = static_cast<char>(dice.below(256));
      break;
    case 2:
      text.insert(place, 1, static_cast<char>(dice.below(256)));
      break;
    case 3:
      text.insert(place, kTokens[dice.below(std::size(kTokens))]);
      break;
    case 4:
      text.erase(place, length);
      break;
    case 5:
      text.insert(dice.below(text.size() + 1), text.substr(place, length));
      break;
    case 6: {
      const std::string& other = corpus[dice.below(corpus.size())];
      const std::size_t from = dice.below(other.size() + 1);
      text.insert(place, other.substr(from, dice.below(64)));
      break;
    }
    default:
      text.resize(place);
  }
  if (text.size() > kMaxInput) text.resize(kMaxInput);
}

void run(std::string_view text) {
  // A copy of its own size, so that AddressSanitizer sees a read past the end.
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

void run_round(std::uint64_t seed, std::uint64_t round, const std::vector<std::string>& corpus) {
  Dice dice(seed ^ (round * 0x2545f4914f6cdd1d));
  std::string text = corpus[dice.below(corpus.size())];
  for (std::size_t i = 1 + dice.below(6); i > 0; --i) mutate(text, corpus, dice);
  at("seed " + std::to_string(seed) + ", round " + std::to_string(round));
  run(text);
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool parse(const char* text, std::uint64_t& number) {
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  return error == std::errc() && end == view.data() + view.size();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t rounds = 0;
  std::uint64_t seed = kDefaultSeed;
  std::uint64_t only = 0;
  if (argc < 3 || argc > 5 || !parse(argv[2], rounds) || (argc > 3 && !parse(argv[3], seed)) ||
      (argc > 4 && !parse(argv[4], only))) {
    std::fprintf(stderr, "usage: %s CORPUS-FOLDER ROUNDS [SEED [ROUND]]\n", argv[0]);
    return 2;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    static_cast<void>(std::signal(signal, &on_crash));
  }
  std::vector<std::string> corpus;
  for (const auto& path : files_of(argv[1])) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (argc > 4) continue;
    at(path.string());
    run(corpus.back());
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "%s has no files: nothing was tested\n", argv[1]);
    return 1;
  }
  if (argc > 4) {
    run_round(seed, only, corpus);
    return 0;
  }
  for (std::uint64_t round = 0; round < rounds; ++round) run_round(seed, round, corpus);
  std::printf("%zu files and %llu mutations, seed %llu: nothing found\n", corpus.size(),
              static_cast<unsigned long long>(rounds), static_cast<unsigned long long>(seed));
  return 0;
}
