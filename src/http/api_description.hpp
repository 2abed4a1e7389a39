#pragma once

// The generated documents: all of them come from the route table, the schemas and the error table.

#include <string>

namespace purser::http {

/// This API as OpenAPI 3.1; served as /openapi.yaml and kept as docs/reference/openapi.yaml.
/// Source: https://spec.openapis.org/oas/v3.1.0. Built once; thread-safe.
const std::string& openapi_yaml();

struct Schema;
/// A table of a shape's fields, and of the shapes inside it, as in routes.md; empty for a shape
/// without fields. Of an answer the limits are left out.
std::string fields_markdown(const Schema& schema, bool is_answer);

/// docs/reference/routes.md.
std::string routes_markdown();

/// docs/reference/errors.md.
std::string errors_markdown();

/// docs/reference/events.md: every type of event with what it carries.
std::string events_markdown();

}  // namespace purser::http
