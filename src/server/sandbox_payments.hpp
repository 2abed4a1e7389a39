#pragma once

// How projects without a Stripe key of their own sell through the embedded sandbox: each has an
// account of its own there, and two webhook endpoints that lead back to this server: as at Stripe,
// an endpoint hears of its own account or of those that are connected to it.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "types/id.hpp"
#include "types/result.hpp"
#include "types/secret.hpp"

namespace purser::server {

/// Thread-safe. What it made is kept in a file, so that events signed before a restart verify after
/// it.
class SandboxPayments {
 public:
  struct Options {
    std::string sandbox_url;
    std::string public_url;  ///< this server's, as the sandbox reaches it
    Secret derivation_key;   ///< the encryption key: accounts are derived from it and the project
    std::string file;        ///< mode 0600
  };

  /// Reads the file and leads the endpoints that are in it to `public_url`, where they led
  /// elsewhere. One about which the sandbox gives no good answer now is led there before its
  /// project's next use of the key. Errors: kInternalError.
  static Result<std::unique_ptr<SandboxPayments>> open(Options options);

  /// The project's key at the sandbox. Makes its endpoints the first time, or leads them here;
  /// blocks on the sandbox then. Errors: kPaymentProviderUnavailable.
  Result<Secret> key(const ProjectId& project);
  /// The secrets that the project's events are signed with; none before the first sale. Never
  /// blocks on the sandbox.
  std::vector<Secret> webhook_secrets(const ProjectId& project) const;

 private:
  struct Endpoint {
    std::string id;
    std::string url;
    Secret secret;
    bool leads_here = false;  ///< the sandbox said so in this run
  };
  /// A project, and whether it is about accounts connected to its own.
  using Name = std::pair<std::string, bool>;

  explicit SandboxPayments(Options options) : options_(std::move(options)) {}
  Status read();
  Status write() const;
  Secret derive(const std::string& project) const;
  std::string endpoint_url(const std::string& project) const;
  bool is_ready(const Name& name) const;
  /// Leads the endpoint here, or makes it when there is none.
  Status make_ready(const Name& name);
  Status make(const Name& name);
  /// Forgets the endpoint when the sandbox does not know it.
  Status lead(const Name& name, Endpoint endpoint);
  std::optional<Endpoint> find(const Name& name) const;
  Status keep(const Name& name, std::optional<Endpoint> endpoint);

  const Options options_;
  mutable std::mutex mutex_;  ///< guards endpoints_
  std::mutex making_;         ///< held while endpoints are made or led, so that none is made twice
  std::map<Name, Endpoint> endpoints_;
};

}  // namespace purser::server
