// purser_docgen openapi|routes|errors|events: prints one generated document of docs/reference.

#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include "http/api_description.hpp"

int main(int argc, char** argv) {
  const std::map<std::string, std::function<std::string()>> documents = {
      {"openapi", purser::http::openapi_yaml},
      {"routes", purser::http::routes_markdown},
      {"errors", purser::http::errors_markdown},
      {"events", purser::http::events_markdown},
  };
  const auto document = argc == 2 ? documents.find(argv[1]) : documents.end();
  if (document == documents.end()) {
    std::fputs("usage: purser_docgen openapi|routes|errors|events\n", stderr);
    return 2;
  }
  std::fputs(document->second().c_str(), stdout);
  return 0;
}
