#include "app/remote_objects.hpp"

#include <utility>

namespace purser::app {
namespace {

constexpr std::string_view kResourceMissing = "resource_missing";
constexpr std::string_view kIdempotencyError = "idempotency_error";
constexpr std::size_t kFingerprintDigits = 32;  // 128 bits
constexpr Millis kDay{86'400'000};
// Source: https://docs.stripe.com/api/checkout/sessions/create (trial_period_days)
constexpr std::int64_t kMostTrialDays = 730;

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

// A catalog product is shared by all checkouts of its version; an inline one is its owner's own.
std::string product_name(const PlanRef& plan) {
  if (plan.product.is_inline()) return "checkout:" + plan.inline_owner;
  return plan.product.id.str() + "@" + std::to_string(plan.catalog_version);
}

PlanRef plan_of(const Checkout& checkout) {
  return {checkout.product, checkout.catalog_version, checkout.price, checkout.id.str()};
}

// What makes a price another one. That of a one-time price names no interval, as it always did.
std::string price_identity(const std::string& product, const domain::Price& price) {
  const std::string minor = std::to_string(price.amount.minor_units());
  const std::string currency(price.amount.currency().code());
  if (!price.interval) return fingerprint({product, minor, currency});
  return fingerprint({product, minor, currency, to_string(price.interval->unit),
                      std::to_string(price.interval->count)});
}

// A trial goes to the provider in days, so that it is as long as promised whenever the buyer pays.
void set_trial(const Checkout& checkout, NewCheckoutSession& wanted) {
  if (!checkout.trial) return;
  const Timestamp end = nth_boundary(checkout.created_at, *checkout.trial, 1);
  const std::int64_t days = (end - checkout.created_at).count / kDay.count;
  if (days <= kMostTrialDays) {
    wanted.trial_days = static_cast<int>(days);
  } else {
    wanted.trial_end = end;
  }
}

bool has_page(const Checkout& checkout) { return checkout.code_hash != crypto::Digest{}; }

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

std::string remote_price_name(const PlanRef& plan) {
  return product_name(plan) + "/" + plan.price.str();
}

std::string session_reference(const Checkout& checkout) {
  if (!has_page(checkout)) return checkout.id.str();
  return checkout.id.str() + "." +
         fingerprint({checkout.price.str(), std::to_string(checkout.quantity.value()),
                      std::to_string(checkout.total.minor_units())});
}

CheckoutId referenced_checkout(const std::string& reference) {
  return CheckoutId(reference.substr(0, reference.find('.')));
}

RemoteObjects::RemoteObjects(Engine& engine, Store& store, PaymentProvider& provider,
                             const ProviderConnection& connection, ProjectId project)
    : engine_(engine),
      store_(store),
      provider_(provider),
      as_(connection.as),
      project_(std::move(project)),
      account_id_(connection.account.id) {}

Result<RemoteCheckoutSession> RemoteObjects::open_session(const Checkout& checkout,
                                                          const std::string& success_url,
                                                          const std::string& cancel_url,
                                                          bool is_embedded) {
  const PlanRef plan = plan_of(checkout);
  NewCheckoutSession wanted;
  wanted.is_embedded = is_embedded;
  wanted.quantity = checkout.quantity.value();
  wanted.is_subscription = checkout.is_subscription;
  set_trial(checkout, wanted);
  wanted.success_url = success_url;
  wanted.cancel_url = cancel_url;
  wanted.reference = session_reference(checkout);
  // A purchase page lives no longer than its keys, and a look-up would find the session that an
  // earlier change of mind has closed.
  if (!has_page(checkout)) wanted.asked_at = checkout.created_at;
  PURSER_TRY(wanted.customer, customer(checkout.customer));
  PURSER_TRY(wanted.price, price(plan));
  auto session = create_session(checkout, wanted);
  if (session || !is_missing(session.error())) return session;

  // Somebody deleted what we had mapped. When the answer does not say which, both are made anew.
  const bool names_price = mentions(session.error(), wanted.price);
  const bool names_customer = mentions(session.error(), wanted.customer);
  if (names_customer || !names_price) {
    PURSER_CHECK_OK(forget(RemoteKind::kCustomer, remote_name(checkout.customer), wanted.customer));
  }
  if (names_price || !names_customer) {
    PURSER_CHECK_OK(forget(RemoteKind::kPrice, remote_price_name(plan), wanted.price));
  }
  PURSER_TRY(wanted.customer, customer(checkout.customer));
  PURSER_TRY(wanted.price, price(plan));
  return create_session(checkout, wanted);
}

Result<RemoteCheckoutSession> RemoteObjects::create_session(const Checkout& checkout,
                                                            const NewCheckoutSession& wanted) {
  // The parameters are part of the key: resumed as it was, the provider answers with the session
  // that it has; resumed under another public URL, it makes another, and the first one's URL was
  // never given to anybody.
  std::string key = "purser-session-" + checkout.id.str() + "-" +
                    fingerprint({wanted.customer, wanted.price, std::to_string(wanted.quantity),
                                 wanted.success_url, wanted.cancel_url});
  if (wanted.is_embedded) key += "-embedded";
  if (wanted.is_subscription) {
    const Timestamp trial_end = wanted.trial_end.value_or(Timestamp{});
    key += "-" + fingerprint({std::to_string(wanted.trial_days.value_or(0)),
                              std::to_string(trial_end.millis())});
  }
  // A choice that is made again after another one gets a session of its own: the old one is closed.
  if (!checkout.session_ref.empty()) key += "-" + fingerprint({checkout.session_ref});
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

Result<std::optional<std::string>> RemoteObjects::known_customer(const CustomerKey& key) {
  return mapped(RemoteKind::kCustomer, remote_name(key));
}

Result<std::string> RemoteObjects::product(const PlanRef& plan) {
  const std::string local = product_name(plan);
  const std::string& name = plan.product.display_name;
  return ensure(RemoteKind::kProduct, local, fingerprint({name}),
                [&](const std::string& idempotency_key) {
                  return provider_.create_product(as_, name, local, idempotency_key);
                });
}

Result<std::string> RemoteObjects::price(const PlanRef& plan) {
  const std::string local = remote_price_name(plan);
  PURSER_TRY(std::optional<std::string> known, mapped(RemoteKind::kPrice, local));
  if (known) return *std::move(known);
  auto made = make_price(plan, local);
  if (made || !is_missing(made.error())) return made;
  const std::string product_local = product_name(plan);
  PURSER_TRY(const std::optional<std::string> gone, mapped(RemoteKind::kProduct, product_local));
  if (gone) PURSER_CHECK_OK(forget(RemoteKind::kProduct, product_local, *gone));
  return make_price(plan, local);
}

Result<std::string> RemoteObjects::make_price(const PlanRef& plan, const std::string& local) {
  const domain::Price* price = plan.product.find_price(plan.price);
  if (price == nullptr) return Error::internal("a product's snapshot lacks its price");
  PURSER_TRY(const std::string product_ref, product(plan));
  const NewRemotePrice wanted{product_ref, price->amount, price->interval, local};
  return ensure(RemoteKind::kPrice, local, price_identity(product_ref, *price),
                [&](const std::string& idempotency_key) {
                  return provider_.create_price(as_, wanted, idempotency_key);
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
