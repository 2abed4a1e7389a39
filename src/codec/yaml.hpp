#pragma once

// YAML text to and from JSON values: the plain part of YAML that a catalog needs. Internal to the
// codecs.

#include <string>
#include <string_view>

#include "codec/fields.hpp"
#include "json/json.hpp"

namespace purser::codec {

/// The document as a JSON value; all that is wrong with it is appended to `errors`. Duplicate keys
/// are errors, and only the first of them is kept. Plain scalars are integers, booleans, nulls or,
/// all others, strings; quoted ones are strings. At most `max_depth` nested containers.
json::Value read_yaml(std::string_view text, int max_depth, FieldErrors& errors);

/// Block style, two spaces, arrays in brackets; read_yaml gives an equal value again when arrays
/// hold no objects and no number is a Number.
std::string write_yaml(const json::Value& value);

/// Whether the text is UTF-8 without NUL. Source: the Unicode Standard, table 3-7.
bool is_clean_utf8(std::string_view text);

}  // namespace purser::codec
