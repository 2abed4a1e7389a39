#include <algorithm>
#include <map>
#include <set>

#include "http/api_description.hpp"
#include "http/route.hpp"
#include "http/yaml_writer.hpp"

namespace purser::http {
namespace {

std::string reference(std::string_view schema) {
  return yaml_quoted("#/components/schemas/" + std::string(schema));
}

std::string choices_of(const Field& field) {
  std::string list = "[";
  for (const std::string_view choice : field.choices) {
    if (list.size() > 1) list += ", ";
    list += yaml_quoted(choice);
  }
  if (field.nullable) list += ", null";
  return list + "]";
}

std::string type_of(std::string_view type, const Field& field) {
  return field.nullable ? "[" + std::string(type) + ", \"null\"]" : std::string(type);
}

void write_limits(YamlWriter& out, const Field& field, std::string_view min, std::string_view max) {
  if (field.min != 0 || min == "minimum") out.number(min, field.min);
  out.number(max, field.max);
}

void write_reference(YamlWriter& out, const Field& field) {
  if (field.nullable) {
    out.raw("anyOf", "[{$ref: " + reference(field.of->name) + "}, {type: \"null\"}]");
  } else {
    out.raw("allOf", "[{$ref: " + reference(field.of->name) + "}]");
  }
}

void write_array(YamlWriter& out, const Field& field) {
  out.raw("type", type_of("array", field));
  if (field.kind == FieldKind::kObjects) {
    out.raw("items", "{$ref: " + reference(field.of->name) + "}");
  } else {
    out.raw("items", "{type: string}");
  }
  write_limits(out, field, "minItems", "maxItems");
}

void write_type(YamlWriter& out, const Field& field) {
  switch (field.kind) {
    case FieldKind::kText:
      out.raw("type", type_of("string", field));
      write_limits(out, field, "minLength", "maxLength");
      break;
    case FieldKind::kId:
      out.raw("type", type_of("string", field)).number("minLength", 1);
      out.number("maxLength", kMaxIdBytes);
      break;
    case FieldKind::kChoice:
      out.raw("type", type_of("string", field)).raw("enum", choices_of(field));
      break;
    case FieldKind::kInteger:
      out.raw("type", type_of("integer", field));
      write_limits(out, field, "minimum", "maximum");
      break;
    case FieldKind::kBoolean:
      out.raw("type", type_of("boolean", field));
      break;
    case FieldKind::kTimestamp:
      out.raw("type", type_of("string", field)).raw("format", "date-time");
      break;
    case FieldKind::kObject:
      write_reference(out, field);
      break;
    case FieldKind::kObjects:
    case FieldKind::kTexts:
      write_array(out, field);
      break;
    case FieldKind::kAnyObject:
      out.raw("type", "object");
      break;
  }
}

using Schemas = std::map<std::string_view, const Schema*>;

void collect(const Schema* schema, Schemas& schemas) {
  if (schema == nullptr || !schemas.emplace(schema->name, schema).second) return;
  for (const Field& field : schema->fields) collect(field.of, schemas);
}

void write_schema(YamlWriter& out, const Schema& schema) {
  out.open(schema.name).text("description", schema.doc).raw("type", "object");
  out.flag("additionalProperties", false);
  std::string required;
  for (const Field& field : schema.fields) {
    if (!field.required) continue;
    required.append(required.empty() ? "[" : ", ").append(field.name);
  }
  if (!required.empty()) out.raw("required", required + "]");
  if (schema.fields.empty()) {
    out.close();
    return;
  }
  out.open("properties");
  for (const Field& field : schema.fields) {
    out.open(field.name);
    write_type(out, field);
    if (field.secret) out.raw("format", "password");
    out.text("description", field.doc).close();
  }
  out.close().close();
}

void write_schemas(YamlWriter& out) {
  Schemas schemas;
  for (const Route& route : routes()) {
    collect(route.request, schemas);
    collect(route.answer.of, schemas);
  }
  out.open("schemas");
  for (const auto& [name, schema] : schemas) write_schema(out, *schema);
  out.open("Pagination").raw("type", "object").raw("required", "[next_cursor]");
  out.open("properties").open("next_cursor").raw("type", "[string, \"null\"]").close();
  out.close().close();
  out.open("Error").text("description", "What every error answers.").raw("type", "object");
  out.raw("required", "[code, error, details]").open("properties");
  out.open("code").raw("type", "string");
  out.text("description", "A code of docs/reference/errors.md.").close();
  out.open("error").raw("type", "string").text("description", "The sentence for people.").close();
  out.open("details").raw("type", "object");
  out.text("description", "What went wrong, for programs.").close().close().close();
  out.close();
}

void write_error_response(YamlWriter& out) {
  out.open("responses").open("Error").text("description", "An error.").open("content");
  out.open("application/json").raw("schema", "{$ref: " + reference("Error") + "}");
  out.close().close().close().close();
}

void write_security(YamlWriter& out) {
  const auto key = [&out](std::string_view name, std::string_view header, std::string_view doc) {
    out.open(name).raw("type", "apiKey").raw("in", "header").text("name", header);
    out.text("description", doc).close();
  };
  out.open("securitySchemes");
  out.open("bearer").raw("type", "http").raw("scheme", "bearer");
  out.text("description",
           "A secret server or admin key, which names its project, or a user's access token.");
  out.close();
  key("projectId", "x-purser-project-id", "The project; not needed with a bearer key.");
  key("accessType", "x-purser-access-type",
      "client, server or admin; not needed with a bearer key.");
  key("publishableClientKey", "x-purser-publishable-client-key", "For client access.");
  key("accessToken", "x-purser-access-token", "The user's access token, for client access.");
  key("secretServerKey", "x-purser-secret-server-key", "For server access.");
  key("superSecretAdminKey", "x-purser-super-secret-admin-key", "For admin access.");
  key("rootKey", "x-purser-root-key", "The key in the server's data folder.");
  out.close();
}

std::string_view security_of(Need need) {
  switch (need) {
    case Need::kPublic:
      return "[]";
    case Need::kClient:
      return "[{bearer: []}, {accessType: [], projectId: [], publishableClientKey: [], "
             "accessToken: "
             "[]}, {accessType: [], projectId: [], secretServerKey: []}]";
    case Need::kServer:
      return "[{bearer: []}, {accessType: [], projectId: [], secretServerKey: []}]";
    case Need::kAdmin:
      return "[{bearer: []}, {accessType: [], projectId: [], superSecretAdminKey: []}]";
    case Need::kRoot:
      break;
  }
  return "[{rootKey: []}]";
}

void write_path_parameter(YamlWriter& out, std::string_view name) {
  out.open_element("name", name).raw("in", "path").flag("required", true).open("schema");
  out.raw("type", "string");
  if (name == "customer_type") {
    out.raw("enum", "[user, team, custom]");
  } else {
    out.number("minLength", 1).number("maxLength", kMaxIdBytes);
  }
  out.close().close();
}

void write_parameters(YamlWriter& out, const Route& route) {
  const auto names = parameter_names(route.path);
  const bool has_key = route.idempotency == Idempotency::kOptional;
  if (names.empty() && route.query == nullptr && !has_key) return;
  out.open("parameters");
  for (const std::string_view name : names) write_path_parameter(out, name);
  if (route.query != nullptr) {
    for (const Field& field : route.query->fields) {
      out.open_element("name", field.name).raw("in", "query");
      out.flag("required", field.required).text("description", field.doc).open("schema");
      write_type(out, field);
      out.close().close();
    }
  }
  if (has_key) {
    out.open_element("name", "Idempotency-Key").raw("in", "header").flag("required", false);
    out.text(
        "description",
        "Makes a repetition harmless: the same key with the same request gets the first answer "
        "again. 1 to 255 visible ASCII characters; kept for at least seven days.");
    out.open("schema").raw("type", "string").number("minLength", 1).number("maxLength", 255);
    out.close().close();
  }
  out.close();
}

void write_body(YamlWriter& out, const Route& route) {
  const auto content = [&out](std::string_view type, const std::string& schema) {
    out.open(type).raw("schema", schema).close();
  };
  if (route.input == Input::kNone) return;
  out.open("requestBody").flag("required", true).open("content");
  if (route.input == Input::kJson) {
    content("application/json", "{$ref: " + reference(route.request->name) + "}");
  } else {
    content("application/json", "{type: object}");
    if (route.input == Input::kJsonOrYaml) content("application/yaml", "{type: object}");
  }
  out.close().close();
}

void write_success(YamlWriter& out, const Route& route) {
  out.open(yaml_quoted(std::to_string(route.answer.status))).text("description", "Done.");
  out.open("content");
  switch (route.answer.kind) {
    case AnswerKind::kObject:
      out.open("application/json");
      out.raw("schema", "{$ref: " + reference(route.answer.of->name) + "}").close();
      break;
    case AnswerKind::kList:
      out.open("application/json").open("schema").raw("type", "object");
      out.raw("required", "[items, is_paginated, pagination]").open("properties");
      out.raw("items", "{type: array, items: {$ref: " + reference(route.answer.of->name) + "}}");
      out.raw("is_paginated", "{type: boolean, const: true}");
      out.raw("pagination", "{$ref: " + reference("Pagination") + "}").close().close().close();
      break;
    case AnswerKind::kDocument:
      out.open("application/json").raw("schema", "{type: object}").close();
      break;
    case AnswerKind::kText:
      out.open("text/plain").raw("schema", "{type: string}").close();
      break;
    case AnswerKind::kPage:
      out.open("text/html").raw("schema", "{type: string}").close();
      break;
  }
  out.close().close();
}

void write_responses(YamlWriter& out, const Route& route) {
  out.open("responses");
  write_success(out, route);
  std::map<int, std::string> by_status;
  for (const ErrorCode code : all_errors(route)) {
    std::string& names = by_status[error_row(code).http_status];
    names.append(names.empty() ? "" : ", ").append(error_row(code).name);
  }
  for (const auto& [status, names] : by_status) {
    out.raw(yaml_quoted(std::to_string(status)),
            R"({$ref: "#/components/responses/Error", description: )" + yaml_quoted(names) + "}");
  }
  out.close();
}

void write_operation(YamlWriter& out, const Route& route) {
  std::string method(to_string(route.method));
  std::ranges::transform(method, method.begin(),
                         [](char c) { return static_cast<char>(c - 'A' + 'a'); });
  out.open(method).raw("operationId", route.operation).text("summary", route.summary);
  out.raw("security", security_of(route.access));
  write_parameters(out, route);
  write_body(out, route);
  write_responses(out, route);
  out.close();
}

void write_paths(YamlWriter& out) {
  out.open("paths");
  std::set<std::string_view> done;
  for (const Route& route : routes()) {
    if (!done.insert(route.path).second) continue;
    out.open(route.path);
    for (const Route& same : routes()) {
      if (same.path == route.path) write_operation(out, same);
    }
    out.close();
  }
  out.close();
}

std::string build() {
  YamlWriter out;
  out.raw("openapi", "3.1.0").open("info").text("title", "Purser").text("version", "1");
  out.text("summary", "Payments, subscriptions and credits for an app.");
  out.open("license").text("name", "Apache-2.0").raw("identifier", "Apache-2.0").close().close();
  out.open("servers").open_element("url", "/api/v1").close();
  out.open_element("url", "/api/latest").close().open_element("url", "/").close().close();
  write_paths(out);
  out.open("components");
  write_schemas(out);
  write_error_response(out);
  write_security(out);
  out.close();
  return "# Generated by purser_docgen from the route table; do not edit.\n" + out.take();
}

}  // namespace

const std::string& openapi_yaml() {
  static const std::string document = build();
  return document;
}

}  // namespace purser::http
