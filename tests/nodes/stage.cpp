#include "tests/nodes/stage.hpp"

namespace purser::nodes {

std::string catalog_with(const std::string& sign) {
  const std::string begin = R"({"items":{)";
  return begin + R"("sign":{"customer_type":"custom","display_name":")" + sign + R"("},)" +
         faults::catalog_json().substr(begin.size());
}

bool set_up(Stage& stage) {
  faults::Keys keys;
  if (!stage.cluster.node(0).create_project("nodes", keys)) {
    stage.findings.add("the project cannot be made");
    return false;
  }
  stage.project = "x-purser-project-id: " + keys.project + "\r\n";
  stage.server = stage.project +
                 "x-purser-access-type: server\r\nx-purser-secret-server-key: " + keys.server +
                 "\r\n";
  stage.admin = stage.project +
                "x-purser-access-type: admin\r\nx-purser-super-secret-admin-key: " + keys.admin +
                "\r\n";
  const auto reply = answer_of(
      stage, 0, faults::request_text("PUT", "/catalog", stage.admin, catalog_with("first")));
  if (!reply || reply->status == 200) return reply.has_value();
  stage.findings.add("PUT /catalog: " + reply->body);
  return false;
}

std::optional<faults::Reply> answer_of(Stage& stage, int node, const std::string& request) {
  constexpr int kAttempts = 3'000;
  Client client(stage.cluster, node);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    faults::Broken broken{};
    auto reply = client.once(request, broken);
    if (reply && !is_passing(*reply)) return reply;
    faults::pause_for(std::chrono::milliseconds(10));
  }
  stage.findings.add("node " + std::to_string(node) + " does not answer " +
                     request.substr(0, request.find('\r')));
  return std::nullopt;
}

}  // namespace purser::nodes
