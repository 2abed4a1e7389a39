#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbox/document.hpp"
#include "sandbox/failure.hpp"
#include "sandbox/params.hpp"
#include "sandbox/world.hpp"

namespace purser::sandbox {

/// What a request without a Stripe-Version header gets, and what events are written in.
inline constexpr std::string_view kApiVersion = "2024-06-20";

/// What made something happen, as events name it.
struct Cause {
  std::string request_id;       ///< empty: not an API request
  std::string idempotency_key;  ///< empty: none was sent
};

/// One API request while the world's mutex is held.
struct Call {
  World& world;
  Account& account;
  std::string base_url;  ///< the sandbox's own, for the URLs of hosted pages
  Cause cause;
  std::string api_version;
  std::vector<std::string> ids;  ///< the path's parameters
  Params params;

  const std::string& id() const { return ids.at(0); }
};

using Handler = Answer (*)(Call&);

struct Route {
  const char* method;
  const char* path;  ///< "/v1/customers/:id"
  Handler handler;
};

// Every resource declares its routes.
std::vector<Route> account_routes();
std::vector<Route> customer_routes();
std::vector<Route> catalog_routes();
std::vector<Route> session_routes();
std::vector<Route> payment_routes();
std::vector<Route> refund_routes();
std::vector<Route> event_routes();
std::vector<Route> endpoint_routes();

/// The object as the API shows it.
json::Value present(const Record& record, std::string_view kind, const std::string& base_url);

/// Retrieves one object: the answer of most GET routes. `noun` as in "No such customer".
Answer retrieve(Call& call, std::string_view kind, const std::string& noun);

using Filter = std::function<bool(const Record&)>;
/// A page of a kind's objects, newest first, by limit, starting_after, ending_before and created.
/// Source: https://docs.stripe.com/api/pagination
Answer list(Call& call, std::string_view kind, const std::string& url, const Filter& filter);
/// A page of given objects, in the order given.
Answer list_of(Call& call, const std::string& url, const std::vector<const Record*>& objects,
               std::string_view kind);
/// A filter for `field` equal to the parameter of the same name, when it was sent.
Filter by_field(Call& call, const std::string& field);
Filter both(Filter a, Filter b);

/// Replaces ids by the objects they name. Source: https://docs.stripe.com/api/expanding_objects
std::optional<Failure> expand(Call& call, json::Value& document,
                              const std::vector<std::string>& paths);

/// Records an event about `object` and leaves it to the courier. `before` is the object before an
/// update, for data.previous_attributes; null otherwise. Source:
/// https://docs.stripe.com/api/events/object
void emit(World& world, Account& account, const Cause& cause, const std::string& type,
          const json::Value& object, const json::Value& before = {});

}  // namespace purser::sandbox
