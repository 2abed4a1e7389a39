#include "app/remote_objects.hpp"

#include <utility>

namespace purser::app {
namespace {

constexpr std::string_view kResourceMissing = "resource_missing";
constexpr std::string_view kIdempotencyError = "idempotency_error";
constexpr std::size_t kFingerprintDigits = 32;  // 128 bits

std::string fingerprint(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  }
  return crypto::to_hex(crypto::sha256(text)).substr(0, kFingerprintDigits);
}

bool is_missing(const Error& error) { return provider_code(error) == kResourceMissing; }

bool mentions(const Error& error, const std::string& id) {
  for (const auto& [name, value] : error.details) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && text->find(id) != std::string::npos) return true;
  }
  return error.message.find(id) != std::string::npos;
}

std::string_view kind_name(RemoteKind kind) {
  switch (kind) {
    case RemoteKind::kCustomer:
      return "customer";
    case RemoteKind::kProduct:
      return "product";
    case RemoteKind::kPrice:
      break;
  }
  return "price";
}

// A catalog product is shared by all checkouts of its version; an inline one is the checkout's own.
std::string product_name(const Checkout& checkout) {
  if (checkout.product.is_inline()) return "checkout:" + checkout.id.str();
  return checkout.product.id.str() + "@" + std::to_string(checkout.catalog_version);
}
std::string price_name(const Checkout& checkout) {
  return product_name(checkout) + "/" + checkout.price.str();
}

Result<NewRemoteCustomer> describe(StoreView& view, const CustomerKey& key) {
  NewRemoteCustomer customer;
  customer.metadata = {{"purser_project", key.project.str()},
                       {"purser_customer_type", std::string(to_string(key.type))},
                       {"purser_customer_id", key.id}};
  if (key.type == CustomerType::kUser) {
    PURSER_TRY(const std::optional<User> user, view.user(key.project, UserId(key.id)));
    if (user) {
      customer.display_name = user->display_name;
      customer.email = user->primary_email;
    }
  } else if (key.type == CustomerType::kTeam) {
    PURSER_TRY(const std::optional<Team> team, view.team(key.project, TeamId(key.id)));
    if (team) customer.display_name = team->display_name;
  }
  return customer;
}

}  // namespace

std::string provider_code(const Error& error) {
  if (error.code != ErrorCode::kPaymentProviderRefused) return {};
  for (const auto& [name, value] : error.details) {
    const auto* text = std::get_if<std::string>(&value);
    if (name == "provider_code" && text != nullptr) return *text;
  }
  return {};
}

std::string remote_name(const CustomerKey& customer) {
  return std::string(to_string(customer.type)) + "/" + customer.id;
}

RemoteObjects::RemoteObjects(Engine& engine, Store& store, PaymentProvider& provider,
                             ProviderCredentials as, ProjectId project, std::string account_id)
    : engine_(engine),
      store_(store),
      provider_(provider),
      as_(std::move(as)),
      project_(std::move(project)),
      account_id_(std::move(account_id)) {}

Result<RemoteCheckoutSession> RemoteObjects::open_session(const Checkout& checkout,
                                                          const std::string& success_url,
                                                          const std::string& cancel_url) {
  NewCheckoutSession wanted;
  wanted.quantity = checkout.quantity.value();
  wanted.success_url = success_url;
  wanted.cancel_url = cancel_url;
  wanted.reference = checkout.id.str();
  wanted.asked_at = checkout.created_at;
  PURSER_TRY(wanted.customer, customer(checkout.customer));
  PURSER_TRY(wanted.price, price(checkout));
  auto session = create_session(checkout, wanted);
  if (session || !is_missing(session.error())) return session;

  // Somebody deleted what we had mapped. When the answer does not say which, both are made anew.
  const bool names_price = mentions(session.error(), wanted.price);
  const bool names_customer = mentions(session.error(), wanted.customer);
  if (names_customer || !names_price) {
    PURSER_CHECK_OK(forget(RemoteKind::kCustomer, remote_name(checkout.customer), wanted.customer));
  }
  if (names_price || !names_customer) {
    PURSER_CHECK_OK(forget(RemoteKind::kPrice, price_name(checkout), wanted.price));
  }
  PURSER_TRY(wanted.customer, customer(checkout.customer));
  PURSER_TRY(wanted.price, price(checkout));
  return create_session(checkout, wanted);
}

Result<RemoteCheckoutSession> RemoteObjects::create_session(const Checkout& checkout,
                                                            const NewCheckoutSession& wanted) {
  // The parameters are part of the key: resumed as it was, the provider answers with the session
  // that it has; resumed under another public URL, it makes another, and the first one's URL was
  // never given to anybody.
  const std::string key =
      "purser-session-" + checkout.id.str() + "-" +
      fingerprint({wanted.customer, wanted.price, std::to_string(wanted.quantity),
                   wanted.success_url, wanted.cancel_url});
  return provider_.create_checkout_session(as_, wanted, key);
}

Result<std::string> RemoteObjects::customer(const CustomerKey& key) {
  const std::string local = remote_name(key);
  NewRemoteCustomer description;
  {
    const auto view = store_.view();
    PURSER_TRY(description, describe(*view, key));
  }
  auto made = ensure(RemoteKind::kCustomer, local, "", [&](const std::string& idempotency_key) {
    return provider_.create_customer(as_, description, idempotency_key);
  });
  if (made || provider_code(made.error()) != kIdempotencyError) return made;
  // The key was used with another name or e-mail: they changed between two attempts. Whoever was
  // faster has mapped the customer by now, or its answer was lost and this one takes its place.
  return ensure(RemoteKind::kCustomer, local,
                fingerprint({description.display_name, description.email.value_or("")}),
                [&](const std::string& idempotency_key) {
                  return provider_.create_customer(as_, description, idempotency_key);
                });
}

Result<std::string> RemoteObjects::product(const Checkout& checkout) {
  const std::string local = product_name(checkout);
  const std::string& name = checkout.product.display_name;
  return ensure(RemoteKind::kProduct, local, fingerprint({name}),
                [&](const std::string& idempotency_key) {
                  return provider_.create_product(as_, name, local, idempotency_key);
                });
}

Result<std::string> RemoteObjects::price(const Checkout& checkout) {
  const std::string local = price_name(checkout);
  PURSER_TRY(std::optional<std::string> known, mapped(RemoteKind::kPrice, local));
  if (known) return *std::move(known);
  auto made = make_price(checkout, local);
  if (made || !is_missing(made.error())) return made;
  const std::string product_local = product_name(checkout);
  PURSER_TRY(const std::optional<std::string> gone, mapped(RemoteKind::kProduct, product_local));
  if (gone) PURSER_CHECK_OK(forget(RemoteKind::kProduct, product_local, *gone));
  return make_price(checkout, local);
}

Result<std::string> RemoteObjects::make_price(const Checkout& checkout, const std::string& local) {
  const domain::Price* price = checkout.product.find_price(checkout.price);
  if (price == nullptr) return Error::internal("a checkout's snapshot lacks its price");
  PURSER_TRY(const std::string product_ref, product(checkout));
  const Money& amount = price->amount;
  return ensure(
      RemoteKind::kPrice, local,
      fingerprint({product_ref, std::to_string(amount.minor_units()), amount.currency().code()}),
      [&](const std::string& idempotency_key) {
        return provider_.create_price(as_, product_ref, amount, local, idempotency_key);
      });
}

Result<std::string> RemoteObjects::ensure(RemoteKind kind, const std::string& local,
                                          const std::string& identity, const Create& create) {
  PURSER_TRY(std::optional<std::string> known, mapped(kind, local));
  if (known) return *std::move(known);
  PURSER_TRY(const std::string made, create(key_for(kind, local, identity)));
  std::string standing;
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(standing, batch.put_remote({project_, account_id_, kind, local, made}));
    return {};
  }));
  return standing;
}

Result<std::optional<std::string>> RemoteObjects::mapped(RemoteKind kind,
                                                         const std::string& local) {
  return store_.view()->remote(project_, account_id_, kind, local);
}

Status RemoteObjects::forget(RemoteKind kind, const std::string& local, const std::string& gone) {
  lost_[local] = gone;
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(const std::optional<std::string> known,
               batch.remote(project_, account_id_, kind, local));
    if (known != gone) return {};  // another checkout has replaced it already
    return batch.delete_remote(project_, account_id_, kind, local);
  });
}

std::string RemoteObjects::key_for(RemoteKind kind, const std::string& local,
                                   const std::string& identity) const {
  std::string key = "purser-" + std::string(kind_name(kind)) + "-" +
                    fingerprint({project_.str(), account_id_, local});
  if (!identity.empty()) key += "-" + identity;
  // The old key would answer with the object that is gone.
  const auto lost = lost_.find(local);
  if (lost != lost_.end()) key += "-" + fingerprint({lost->second});
  return key;
}

}  // namespace purser::app
