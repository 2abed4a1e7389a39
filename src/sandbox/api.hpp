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

/// Where something happens and why. It refers to what its maker keeps.
struct Scene {
  World& world;
  Account& account;
  const Cause& cause;

  /// Records an event about `object`. `before` is the object before an update, for
  /// data.previous_attributes; null otherwise.
  void tell(const std::string& type, const json::Value& object,
            const json::Value& before = {}) const;
  Record* find(std::string_view kind, const std::string& id) const {
    return world.find(account, kind, id);
  }
  Record& put(std::string_view kind, json::Value doc,
              json::Value hidden = json::Value(json::Object{})) const {
    return world.put(account, kind, std::move(doc), std::move(hidden));
  }
  void changed(std::string_view kind, const Record& record) const {
    world.changed(account, kind, record);
  }
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
  Scene scene() const { return {world, account, cause}; }
};

using Handler = Answer (*)(Call&);

struct Route {
  const char* method;
  const char* path;  ///< "/v1/customers/:id"
  Handler handler;
};

// Every resource declares its routes.
std::vector<Route> customer_routes();
std::vector<Route> catalog_routes();
std::vector<Route> session_routes();
std::vector<Route> payment_routes();
std::vector<Route> refund_routes();
std::vector<Route> event_routes();
std::vector<Route> endpoint_routes();
std::vector<Route> payment_method_routes();
std::vector<Route> setup_intent_routes();
std::vector<Route> balance_routes();
std::vector<Route> subscription_routes();
std::vector<Route> subscription_item_routes();
std::vector<Route> invoice_routes();
std::vector<Route> invoice_item_routes();
std::vector<Route> preview_routes();
std::vector<Route> dispute_routes();
std::vector<Route> test_clock_routes();
std::vector<Route> connect_routes();
std::vector<Route> search_routes();

/// The object as the API shows it: with the addresses of its pages, which are not stored because
/// they can be others after a restart.
json::Value present(json::Value document, const std::string& base_url);

/// The customer with this id who is not deleted; nullptr when there is none. What follows happens
/// in the customer's time, which a test clock may keep.
Record* enter_customer(const Scene& scene, const std::string& id);
/// Steps into the time of a customer whose id stands in `document`, if any.
void enter_time_of(const Scene& scene, const json::Value& document);
/// Does everything for the object, then tells what changed: `doc` becomes the record's document.
void save(const Scene& scene, std::string_view kind, Record& record, json::Value doc,
          const std::string& event);

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
/// Adds deliveries to the endpoints that listen to the event now and are not among its own yet.
void add_new_endpoints(World& world, Account& account, Record& event);

}  // namespace purser::sandbox
