#include <utility>

#include "app/fulfilment.hpp"
#include "app/items.hpp"
#include "app/remote_objects.hpp"
#include "app/sales.hpp"

namespace purser::app {
namespace {

constexpr Millis kFirstCheck{30'000};

/// Will the same request be refused again? Then the refusal is kept under its idempotency key.
bool is_final(const Error& error) {
  return error.code != ErrorCode::kNotImplemented &&
         error_row(error.code).retry != RetryClass::kSameRequest;
}

Error purchases_blocked() {
  return {ErrorCode::kNewPurchasesBlocked,
          "New purchases are blocked for this project by its setting block_new_purchases."};
}
Error redirect_refused(const std::string& url) {
  return {ErrorCode::kRedirectUrlNotWhitelisted,
          "The return_url is not on one of the project's trusted domains; add its origin to "
          "trusted_domains.",
          {{"return_url", url}}};
}
Error session_over() {
  return {ErrorCode::kPaymentProviderRefused,
          "This checkout expired before it could be opened; ask for a new one with a new "
          "idempotency key.",
          {{"provider_code", std::string("checkout_session_expired")},
           {"provider_message", std::string("The session has expired.")}}};
}

}  // namespace

Sales::Sales(Engine& engine, Store& store, Registry& registry, Projects& projects,
             PaymentProvider& provider, const Clock& clock, Ids& ids, std::string public_url)
    : engine_(engine),
      store_(store),
      registry_(registry),
      projects_(projects),
      provider_(provider),
      clock_(clock),
      ids_(ids),
      public_url_(std::move(public_url)) {}

Result<EngineReply> Sales::checkout(const std::shared_ptr<const ProjectContext>& context,
                                    const std::optional<IdempotencyScope>& scope,
                                    const NewCheckout& order, Encode encode) {
  PURSER_CHECK_OK(refuse_unimplemented(*context, scope, order));
  PURSER_TRY(const Engine::Operation operation, engine_.start_operation(scope, ids_.unique_id()));
  if (operation.replay) return EngineReply{*operation.replay, true};

  const CheckoutId id(operation.id);
  auto made = record_intention(*context, id, order);
  if (made && made->state == CheckoutState::kCreating) {
    made = open_checkout(*context, *std::move(made));
  }
  // An earlier attempt was refused, and its answer lost.
  if (made && made->url.empty()) made = session_over();
  if (!made && !is_final(made.error())) {
    engine_.abandon_operation(scope);  // the same key resumes
    return std::move(made).error();
  }
  return engine_.finish_operation(scope, operation.id, [&](StoreBatch& batch) -> Result<Decision> {
    PURSER_TRY(std::optional<Checkout> current, batch.checkout(order.customer.project, id));
    const bool creating = current && current->state == CheckoutState::kCreating;
    if (!made) {
      if (creating) {
        current->state = CheckoutState::kExpired;
        PURSER_CHECK_OK(batch.update_checkout(*current));
      }
      return Decision{encode(made.error()), true, true, {}};
    }
    if (creating) PURSER_CHECK_OK(batch.update_checkout(*made));
    return Decision{encode(made->url), true, true, {}};
  });
}

Status Sales::refuse_unimplemented(const ProjectContext& context,
                                   const std::optional<IdempotencyScope>& scope,
                                   const NewCheckout& order) {
  if (scope) {
    // What was begun under this key goes on as it was begun.
    PURSER_TRY(const auto known, store_.view()->idempotency(scope->project, scope->key));
    if (known) return {};
  }
  // Every other refusal is found again when the intention is recorded, and kept under the key.
  const auto chosen = choose_product(context, order.product, order.from_client);
  if (!chosen) return {};
  const auto price = choose_one_time_price(chosen->product, order.price, order.from_client);
  if (!price && price.error().code == ErrorCode::kNotImplemented) return price.error();
  return {};
}

Result<Checkout> Sales::record_intention(const ProjectContext& context, const CheckoutId& id,
                                         const NewCheckout& order) {
  // Asked for here, because it may block; whether it matters is decided in the batch, in its turn.
  Status payable;
  if (!context.project.settings.test_mode) {
    const auto as = projects_.credentials(context.project);
    if (!as) payable = as.error();
  }
  Checkout checkout;
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(std::optional<Checkout> known, batch.checkout(order.customer.project, id));
    if (known) {
      checkout = *std::move(known);
      return {};
    }
    PURSER_TRY(checkout, decide_checkout(batch, context, id, order, payable));
    return batch.insert_checkout(checkout);
  }));
  return checkout;
}

Result<Checkout> Sales::decide_checkout(StoreBatch& batch, const ProjectContext& context,
                                        const CheckoutId& id, const NewCheckout& order,
                                        const Status& payable) const {
  const ProjectSettings& settings = context.project.settings;
  if (settings.block_new_purchases) return purchases_blocked();
  PURSER_CHECK_OK(require_customer_exists(batch, order.customer));
  PURSER_TRY(ChosenProduct chosen, choose_product(context, order.product, order.from_client));
  PURSER_TRY(const std::vector<domain::Purchase> owned, batch.owned(order.customer));
  PURSER_CHECK_OK(domain::check_order(
      {chosen.product, order.price, order.quantity, order.customer, order.from_client}, owned));
  PURSER_TRY(const domain::Price price,
             choose_one_time_price(chosen.product, order.price, order.from_client));
  PURSER_TRY(const Money total, domain::total(price, order.quantity));
  PURSER_CHECK_OK(payable);
  if (!order.return_url.empty() && !is_trusted_redirect(settings, order.return_url)) {
    return redirect_refused(order.return_url);
  }
  Checkout checkout;
  checkout.id = id;
  checkout.customer = order.customer;
  checkout.product = std::move(chosen.product);
  checkout.catalog_version = chosen.catalog_version;
  checkout.price = price.id;
  checkout.quantity = order.quantity;
  checkout.total = total;
  checkout.return_url = order.return_url;
  checkout.created_at = batch.now();
  checkout.next_check_at = batch.now() + kFirstCheck;
  if (settings.test_mode) {
    PURSER_CHECK_OK(complete_test_checkout(batch, checkout));
  } else {
    // Better refused now than refunded later.
    PURSER_CHECK_OK(check_grants(batch, purchase_of(checkout, PurchaseId(id.str()),
                                                    domain::PurchaseOrigin::kStripe, batch.now())));
  }
  return checkout;
}

Status Sales::complete_test_checkout(StoreBatch& batch, Checkout& checkout) const {
  const domain::Purchase purchase = purchase_of(checkout, PurchaseId(ids_.unique_id()),
                                                domain::PurchaseOrigin::kTestMode, batch.now());
  checkout.state = CheckoutState::kCompleted;
  checkout.purchase = purchase.id;
  checkout.url = done_page();
  return write_purchase(batch, purchase, checkout.total, TransactionId(ids_.unique_id()));
}

Result<ProviderAccount> Sales::account(const ProjectContext& context,
                                       const ProviderCredentials& as) {
  const ProjectPayments& payments = context.project.payments;
  if (!payments.account_id.empty()) return ProviderAccount{payments.account_id, payments.livemode};
  PURSER_TRY(const ProviderAccount account, provider_.account(as));
  const ProjectId& project = context.project.id;
  auto kept = engine_.execute(std::nullopt, [&](StoreBatch& batch) -> Result<Decision> {
    Decision decision;
    PURSER_TRY(const std::optional<Project> current, batch.project(project));
    // Another key may have been set meanwhile; its account is asked for by whoever uses it.
    const bool same_key =
        current && current->payments.sealed_secret_key == payments.sealed_secret_key;
    if (same_key) {
      PURSER_CHECK_OK(projects_.set_account(batch, project, account, decision.after_commit));
    }
    return decision;
  });
  if (!kept) return std::move(kept).error();
  return account;
}

Result<Checkout> Sales::open_checkout(const ProjectContext& context, Checkout checkout) {
  // The price, the quantity and the product are those of the snapshot, whatever the catalog says
  // by now; the key and the account are those of today.
  PURSER_TRY(const ProviderCredentials as, projects_.credentials(context.project));
  PURSER_TRY(const ProviderAccount account, this->account(context, as));
  RemoteObjects remote(engine_, store_, provider_, as, context.project.id, account.id);
  const std::string back = checkout.return_url.empty() ? done_page() : checkout.return_url;
  PURSER_TRY(const RemoteCheckoutSession session, remote.open_session(checkout, back, back));
  if (session.status == RemoteCheckoutSession::Status::kExpired) return session_over();
  checkout.state = CheckoutState::kOpen;
  checkout.session_ref = session.id;
  checkout.url = session.url.empty() ? back : session.url;
  checkout.account_id = account.id;
  checkout.livemode = account.livemode;
  checkout.next_check_at = clock_.now() + kFirstCheck;
  return checkout;
}

}  // namespace purser::app
