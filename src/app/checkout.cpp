#include <utility>

#include "app/fulfilment.hpp"
#include "app/items.hpp"
#include "app/purchase_book.hpp"
#include "app/remote_objects.hpp"
#include "app/sales.hpp"

namespace purser::app {
namespace {

constexpr Millis kFirstCheck{30'000};

/// Will the same request be refused again? Then the refusal is kept under its idempotency key.
bool is_final(const Error& error) {
  return error_row(error.code).retry != RetryClass::kSameRequest;
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

// In lower case as a whole, as everybody may type it or pass it on.
std::string new_code(Ids& ids, const ProjectId& project) {
  constexpr std::size_t kDigits = 48;
  const crypto::Digest digest = crypto::sha256(ids.secret("").reveal());
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
  return project.str() + "_" + crypto::to_hex(bytes).substr(0, kDigits);
}

bool is_unfinished(CheckoutState state) {
  return state == CheckoutState::kCreating || state == CheckoutState::kChoosing;
}

}  // namespace

Sales::Sales(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
             const Clock& clock, Ids& ids, std::string public_url)
    : engine_(engine),
      store_(store),
      registry_(registry),
      access_(access),
      clock_(clock),
      ids_(ids),
      public_url_(std::move(public_url)) {}

Result<EngineReply> Sales::checkout(const std::shared_ptr<const ProjectContext>& context,
                                    const std::optional<IdempotencyScope>& scope,
                                    const NewCheckout& order, Encode encode) {
  PURSER_TRY(const Engine::Operation operation, engine_.start_operation(scope, ids_.unique_id()));
  if (operation.replay) return EngineReply{*operation.replay, true};

  const CheckoutId id(operation.id);
  auto made = record_intention(*context, id, order);
  std::string url;
  if (made && made->state == CheckoutState::kChoosing) {
    // Only its digest is kept. Resumed, it gets another code: the first was given to nobody.
    const std::string code = new_code(ids_, order.customer.project);
    made->code_hash = crypto::sha256(code);
    url = public_url_ + "/purchase/" + code;
  } else {
    if (made && made->state == CheckoutState::kCreating) {
      auto opened = open_checkout(*context, *made);
      made = opened ? Result<Checkout>(std::move(opened->checkout)) : std::move(opened).error();
    }
    // An earlier attempt was refused, and its answer lost.
    if (made && made->url.empty()) made = session_over();
    if (made) url = made->url;
  }
  if (!made && !is_final(made.error())) {
    engine_.abandon_operation(scope);  // the same key resumes
    return std::move(made).error();
  }
  return engine_.finish_operation(scope, operation.id, [&](StoreBatch& batch) -> Result<Decision> {
    PURSER_TRY(std::optional<Checkout> current, batch.checkout(order.customer.project, id));
    const bool unfinished = current && is_unfinished(current->state);
    if (!made) {
      if (unfinished) {
        current->state = CheckoutState::kExpired;
        PURSER_CHECK_OK(batch.update_checkout(*current));
      }
      return Decision{encode(made.error()), true, true, {}};
    }
    if (unfinished) PURSER_CHECK_OK(batch.update_checkout(*made));
    return Decision{encode(url), true, true, {}};
  });
}

Status Sales::accepts_orders(const ProjectContext& context) {
  if (!context.project.settings.block_new_purchases) return {};
  return Error{ErrorCode::kNewPurchasesBlocked,
               "New purchases are blocked for this project by its setting block_new_purchases."};
}

Status Sales::payable(const ProjectContext& context) {
  if (context.project.settings.test_mode) return {};
  const auto as = access_.credentials(context);
  if (!as) return as.error();
  return {};
}

Result<Checkout> Sales::record_intention(const ProjectContext& context, const CheckoutId& id,
                                         const NewCheckout& order) {
  // Asked for here, because it may block; whether it matters is decided in the batch, in its turn.
  const Status payable = this->payable(context);
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
  PURSER_CHECK_OK(accepts_orders(context));
  PURSER_CHECK_OK(require_customer_exists(batch, order.customer));
  PURSER_TRY(ChosenProduct chosen, choose_product(context, order.product, order.from_client));
  PurchaseBook book(batch, ids_, grace_of(settings));
  PURSER_TRY(const std::vector<domain::Purchase> owned, book.owned(order.customer));
  PURSER_CHECK_OK(domain::check_order(
      {chosen.product, order.price, order.quantity, order.customer, order.from_client}, owned));
  PURSER_TRY(const std::optional<domain::Price> price,
             domain::choose_price(chosen.product, order.price, order.from_client));
  PURSER_CHECK_OK(payable);
  if (!order.return_url.empty() && !is_trusted_redirect(settings, order.return_url)) {
    return redirect_refused(order.return_url);
  }
  Checkout checkout;
  checkout.id = id;
  checkout.customer = order.customer;
  checkout.product = std::move(chosen.product);
  checkout.catalog_version = chosen.catalog_version;
  checkout.quantity = order.quantity;
  checkout.from_client = order.from_client;
  checkout.return_url = order.return_url;
  checkout.created_at = batch.now();
  checkout.next_check_at = batch.now() + kFirstCheck;
  checkout.state = CheckoutState::kChoosing;
  if (price && !order.on_page) PURSER_CHECK_OK(fix_terms(batch, context, *price, checkout));
  return checkout;
}

Status Sales::fix_terms(StoreBatch& batch, const ProjectContext& context,
                        const domain::Price& price, Checkout& checkout) const {
  PURSER_TRY(const Money total, domain::total(price, checkout.quantity));
  bool trial_used = false;
  const std::string trial_name = domain::trial_name(checkout.product);
  if (!trial_name.empty()) {
    PURSER_TRY(trial_used, batch.trial_used(checkout.customer, trial_name));
  }
  checkout.price = price.id;
  checkout.is_subscription = price.interval.has_value();
  checkout.trial = domain::free_trial(checkout.product, price, trial_used);
  checkout.total = checkout.trial ? Money(0, total.currency()) : total;
  if (context.project.settings.test_mode) {
    return complete_test_checkout(batch, context, checkout);
  }
  checkout.state = CheckoutState::kCreating;
  // Better refused now than refunded later. What it would give does not depend on who pays.
  PurchaseBook book(batch, ids_, grace_of(context.project.settings));
  return book.check_grants(purchase_of(checkout, PurchaseId(checkout.id.str()),
                                       domain::PurchaseOrigin::kTestMode, batch.now()));
}

Status Sales::complete_test_checkout(StoreBatch& batch, const ProjectContext& context,
                                     Checkout& checkout) const {
  const domain::Purchase purchase = purchase_of(checkout, PurchaseId(ids_.unique_id()),
                                                domain::PurchaseOrigin::kTestMode, batch.now());
  checkout.state = CheckoutState::kCompleted;
  checkout.purchase = purchase.id;
  checkout.url = done_url(checkout);
  PURSER_CHECK_OK(use_trial(batch, checkout));
  PurchaseBook book(batch, ids_, grace_of(context.project.settings));
  PURSER_CHECK_OK(book.replace_for(checkout.product, checkout.customer));
  return book.open(purchase, {TransactionKind::kPurchase, checkout.total, ""});
}

Result<Sales::Opened> Sales::open_checkout(const ProjectContext& context, Checkout checkout,
                                           bool is_embedded) {
  // The price, the quantity and the product are those of the snapshot, whatever the catalog says
  // by now; the key and the account are those of today.
  PURSER_TRY(const ProviderConnection connection, access_.connect(context));
  RemoteObjects remote(engine_, store_, access_.provider(), connection, context.project.id);
  const std::string back = back_url(checkout);
  PURSER_TRY(const RemoteCheckoutSession session,
             remote.open_session(checkout, back, back, is_embedded));
  if (session.status == RemoteCheckoutSession::Status::kExpired) return session_over();
  checkout.state = CheckoutState::kOpen;
  checkout.session_ref = session.id;
  checkout.url = session.url.empty() ? back : session.url;
  checkout.account_id = connection.account.id;
  checkout.livemode = connection.account.livemode;
  checkout.next_check_at = clock_.now() + kFirstCheck;
  checkout.checks = 0;
  return Opened{std::move(checkout), session.client_secret};
}

std::string Sales::done_url(const Checkout& checkout) const {
  return public_url_ + "/checkout/done?project=" + checkout.customer.project.str() +
         "&checkout=" + checkout.id.str();
}

std::string Sales::back_url(const Checkout& checkout) const {
  return checkout.return_url.empty() ? done_url(checkout) : checkout.return_url;
}

}  // namespace purser::app
