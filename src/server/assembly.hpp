#pragma once

// The composition root: builds a whole server from settings. The only place, with its .cpp, that
// names concrete adapters.

#include <chrono>
#include <memory>
#include <string>

#include "app/ports/store.hpp"
#include "server/data_folder.hpp"
#include "server/settings.hpp"
#include "types/result.hpp"

namespace purser::server {

enum class Purpose : std::uint8_t {
  kServing,         ///< everything
  kAdministration,  ///< a command without a running server: loopback only, no sandbox, no
                    ///< background work
};

/// A running server. Start it with the data folder's lock held. Thread-safe once started.
class Assembly {
 public:
  /// Opens the store (bringing its schema up to date), binds the address and serves; is ready on
  /// return. Errors: kInternalError and kStoreUnavailable, with a sentence for the operator in
  /// `message`.
  static Result<std::unique_ptr<Assembly>> start(const Settings& settings, const DataFolder& folder,
                                                 Purpose purpose);
  virtual ~Assembly() = default;  ///< drains with the configured deadline

  virtual std::string url() const = 0;          ///< "http://127.0.0.1:8130": where it listens
  virtual std::string sandbox_url() const = 0;  ///< empty without one
  virtual app::Store& store() = 0;

  /// Lets running requests finish, refuses new ones, commits what was accepted, and stops. Once.
  virtual void drain() = 0;
};

}  // namespace purser::server
