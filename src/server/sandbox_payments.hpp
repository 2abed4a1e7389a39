#pragma once

// How projects without a Stripe key of their own sell through the embedded sandbox: each has an
// account of its own there, and a webhook endpoint that leads back to this server.

#include <map>
#include <memory>
#include <mutex>
#include <string>
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
  /// elsewhere. Errors: kInternalError.
  static Result<std::unique_ptr<SandboxPayments>> open(Options options);

  /// The project's key at the sandbox. Makes its endpoint the first time; blocks on the sandbox
  /// then. Errors: kPaymentProviderUnavailable.
  Result<Secret> key(const ProjectId& project);
  /// The secret that the project's events are signed with; none before the first sale. Never blocks
  /// on the sandbox.
  std::vector<Secret> webhook_secrets(const ProjectId& project) const;

 private:
  struct Endpoint {
    std::string id;
    std::string url;
    Secret secret;
  };

  explicit SandboxPayments(Options options) : options_(std::move(options)) {}
  Status read();
  Status write() const;
  Secret derive(const ProjectId& project) const;
  std::string endpoint_url(const ProjectId& project) const;
  Result<Endpoint> make_endpoint(const ProjectId& project) const;
  /// False: the sandbox does not know the endpoint.
  Result<bool> lead(const ProjectId& project, Endpoint& endpoint) const;

  const Options options_;
  mutable std::mutex mutex_;  ///< guards endpoints_
  std::mutex making_;         ///< held while an endpoint is made, so that only one is
  std::map<std::string, Endpoint> endpoints_;
};

}  // namespace purser::server
