#include "adapters/sql/documents.hpp"
#include "json/json.hpp"

// What users and teams have beside their names: only the members that are not as in a new one.

namespace purser::sql {
namespace {

void write_text(json::Writer& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out.field(name, std::string_view(text));
}

std::string read_text(const json::Value& document, std::string_view name) {
  return document.string_at(name).value_or("");
}

void write_metadata(json::Writer& out, const app::AppMetadata& metadata) {
  write_text(out, "client_metadata", metadata.client);
  write_text(out, "client_read_only_metadata", metadata.client_read_only);
  write_text(out, "server_metadata", metadata.server);
}

app::AppMetadata read_metadata(const json::Value& document) {
  return {read_text(document, "client_metadata"), read_text(document, "client_read_only_metadata"),
          read_text(document, "server_metadata")};
}

}  // namespace

std::string encode_user_profile(const app::UserProfile& profile) {
  json::Writer out;
  out.begin_object();
  write_text(out, "image_url", profile.image_url);
  if (profile.email_verified) out.field("email_verified", true);
  write_text(out, "password_hash", profile.password_hash);
  write_text(out, "selected_team", profile.selected_team.str());
  write_metadata(out, profile.metadata);
  out.end_object();
  return out.take();
}

Result<app::UserProfile> decode_user_profile(std::string_view text) {
  PURSER_TRY(const json::Value document, json::parse(text));
  app::UserProfile profile;
  profile.image_url = read_text(document, "image_url");
  profile.email_verified = document.bool_at("email_verified").value_or(false);
  profile.password_hash = read_text(document, "password_hash");
  profile.selected_team = TeamId(read_text(document, "selected_team"));
  profile.metadata = read_metadata(document);
  return profile;
}

std::string encode_team_profile(const app::TeamProfile& profile) {
  json::Writer out;
  out.begin_object();
  write_text(out, "image_url", profile.image_url);
  write_metadata(out, profile.metadata);
  out.end_object();
  return out.take();
}

Result<app::TeamProfile> decode_team_profile(std::string_view text) {
  PURSER_TRY(const json::Value document, json::parse(text));
  return app::TeamProfile{read_text(document, "image_url"), read_metadata(document)};
}

}  // namespace purser::sql
