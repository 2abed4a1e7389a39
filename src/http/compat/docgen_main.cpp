// purser_compat_docgen stack-auth: prints docs/reference/stack-auth.md.

#include <cstdio>
#include <string_view>

#include "http/compat/reference.hpp"

int main(int argc, char** argv) {
  if (argc != 2 || std::string_view(argv[1]) != "stack-auth") {
    std::fputs("usage: purser_compat_docgen stack-auth\n", stderr);
    return 2;
  }
  std::fputs(purser::http::compat::reference_markdown().c_str(), stdout);
  return 0;
}
