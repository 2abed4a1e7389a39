#include <algorithm>
#include <utility>

#include "app/fulfilment.hpp"
#include "app/items.hpp"
#include "app/purchase_book.hpp"
#include "app/sales.hpp"
#include "domain/purchase_rules.hpp"

namespace purser::app {
namespace {

// How often a choice is taken up again when another one comes in between.
constexpr int kMaxRounds = 4;

Error code_not_found() {
  return {ErrorCode::kPurchaseCodeNotFound,
          "This purchase page is not open any more; go back and ask for a new one."};
}
Error purchases_blocked() {
  return {ErrorCode::kNewPurchasesBlocked, "This shop takes no new orders at the moment."};
}
Error too_many_choices() {
  return {ErrorCode::kOverloaded,
          "Another choice was made on this page at the same time; choose again."};
}
Error session_stays_open() {
  return {ErrorCode::kPaymentProviderUnavailable,
          "Your earlier choice could not be closed yet; try again shortly."};
}

Error nothing_is_paid() {
  return {ErrorCode::kPaymentsNotConfigured,
          "The project is in test mode: its purchases are completed without a payment."};
}

/// What of the customer's would be in the way of a sale.
Status show_conflicts(StoreView& view, Millis grace, Timestamp now, PurchasePage& page) {
  const Checkout& checkout = page.checkout;
  PURSER_TRY(std::vector<domain::Purchase> active, view.owned(checkout.customer));
  const auto owned = domain::owned_at(std::move(active), grace, now);
  const Status possible = domain::check_order(
      {checkout.product, {}, *Quantity::of(1), checkout.customer, checkout.from_client}, owned);
  page.already_owned = !possible && possible.error().code == ErrorCode::kProductAlreadyGranted;
  for (const domain::Purchase& purchase : owned) {
    if (!domain::takes_the_place_of(purchase, checkout.product)) continue;
    page.conflicts.push_back(purchase.product);
  }
  return {};
}

bool same_choice(const Checkout& a, const Checkout& b) {
  return a.price == b.price && a.quantity == b.quantity && a.session_ref == b.session_ref;
}

}  // namespace

Result<PurchasePage> Sales::purchase_page(const std::string& code) {
  const auto view = store_.view();
  PURSER_TRY(std::optional<Checkout> checkout, view->checkout_by_code(crypto::sha256(code)));
  if (!checkout || !page_is_usable(*checkout, clock_.now())) return code_not_found();
  const auto context = registry_.project(checkout->customer.project);
  if (!context) return code_not_found();
  PurchasePage page;
  page.seller = context->project.display_name;
  page.stackable = checkout->product.stackable;
  const auto& prices = checkout->product.prices;
  std::copy_if(
      prices.begin(), prices.end(), std::back_inserter(page.prices),
      [&](const domain::Price& price) { return !(checkout->from_client && price.server_only); });
  page.checkout = *std::move(checkout);
  PURSER_CHECK_OK(show_conflicts(*view, grace_of(context->project.settings), clock_.now(), page));
  return page;
}

Result<std::string> Sales::choose(const std::string& code, const PriceId& price,
                                  Quantity quantity) {
  const Choice choice{crypto::sha256(code), price, quantity};
  PURSER_TRY(const std::optional<Checkout> known,
             store_.view()->checkout_by_code(choice.code_hash));
  if (!known) return code_not_found();
  const auto context = registry_.project(known->customer.project);
  if (!context) return code_not_found();
  for (int round = 0; round < kMaxRounds; ++round) {
    PURSER_TRY(const Checkout checkout, fix_choice(*context, choice));
    if (checkout.state == CheckoutState::kCompleted) return checkout.url;  // test mode
    std::optional<std::string> url;
    if (checkout.state == CheckoutState::kOpen) {
      PURSER_TRY(url, reuse_session(*context, checkout, choice));
    } else {
      PURSER_TRY(url, open_choice(*context, checkout));
    }
    if (url) return *std::move(url);
  }
  return too_many_choices();
}

Result<Checkout> Sales::fix_choice(const ProjectContext& context, const Choice& choice) {
  const Status payable = this->payable(context);  // may block
  Checkout fixed;
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(fixed, decide_choice(batch, context, choice, payable));
    return {};
  }));
  return fixed;
}

Result<Checkout> Sales::decide_choice(StoreBatch& batch, const ProjectContext& context,
                                      const Choice& choice, const Status& payable) const {
  PURSER_TRY(std::optional<Checkout> found, batch.checkout_by_code(choice.code_hash));
  if (!found || !page_is_usable(*found, batch.now())) return code_not_found();
  Checkout checkout = *std::move(found);
  const ProjectSettings& settings = context.project.settings;
  if (settings.block_new_purchases) return purchases_blocked();
  PURSER_CHECK_OK(require_customer_exists(batch, checkout.customer));
  PurchaseBook book(batch, ids_, grace_of(settings));
  PURSER_TRY(const std::vector<domain::Purchase> owned, book.owned(checkout.customer));
  PURSER_CHECK_OK(domain::check_order(
      {checkout.product, choice.price, choice.quantity, checkout.customer, checkout.from_client},
      owned));
  PURSER_TRY(const std::optional<domain::Price> price,
             domain::choose_price(checkout.product, choice.price, checkout.from_client));
  if (!price) return Error::internal("a named price was not chosen");
  PURSER_CHECK_OK(payable);
  // An open session stays until it is known to be closed: what it sells may be paid already.
  if (checkout.state == CheckoutState::kOpen) return checkout;
  checkout.quantity = choice.quantity;
  PURSER_CHECK_OK(fix_terms(batch, context, *price, checkout));
  PURSER_CHECK_OK(batch.update_checkout(checkout));
  return checkout;
}

Result<std::optional<std::string>> Sales::reuse_session(const ProjectContext& context,
                                                        const Checkout& checkout,
                                                        const Choice& choice) {
  PURSER_TRY(const ProviderCredentials as, access_.credentials(context));
  const std::string& ref = checkout.session_ref;
  const bool same = checkout.price == choice.price && checkout.quantity == choice.quantity;
  if (!same) {
    PURSER_CHECK_OK(access_.provider().expire_checkout_session(as, ref, "purser-expire-" + ref));
  }
  PURSER_TRY(const RemoteCheckoutSession session, access_.provider().checkout_session(as, ref));
  switch (session.status) {
    case RemoteCheckoutSession::Status::kOpen:
      if (!same) return session_stays_open();
      return std::optional<std::string>(checkout.url);
    case RemoteCheckoutSession::Status::kComplete:
      PURSER_CHECK_OK(settle(checkout.customer.project, ref));
      return std::optional<std::string>(back_url(checkout));
    case RemoteCheckoutSession::Status::kExpired:
      break;
  }
  PURSER_CHECK_OK(release_session(checkout));
  return std::optional<std::string>();
}

Status Sales::release_session(const Checkout& checkout) {
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(std::optional<Checkout> current,
               batch.checkout(checkout.customer.project, checkout.id));
    const bool stands = current && current->state == CheckoutState::kOpen &&
                        current->session_ref == checkout.session_ref;
    if (!stands) return {};  // somebody else was faster
    reopen_page(*current);
    return batch.update_checkout(*current);
  });
}

Result<std::optional<std::string>> Sales::open_choice(const ProjectContext& context,
                                                      const Checkout& chosen) {
  PURSER_TRY(const Opened made, open_checkout(context, chosen));
  const Checkout& opened = made.checkout;
  std::optional<std::string> url;
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    url.reset();
    PURSER_TRY(const std::optional<Checkout> current,
               batch.checkout(chosen.customer.project, chosen.id));
    if (!current) return Error::internal("a checkout is gone");
    if (current->state == CheckoutState::kCreating && same_choice(*current, chosen)) {
      url = opened.url;
      return batch.update_checkout(opened);
    }
    // The same choice twice at once: whoever was faster has recorded the same session. Any other
    // session of this choice was never shown to anybody.
    const bool recorded = current->state == CheckoutState::kOpen && same_choice(*current, opened);
    if (recorded) url = current->url;
    return {};
  }));
  return url;
}

Result<Secret> Sales::begin_payment(const std::string& code, const PriceId& price,
                                    Quantity quantity) {
  const Choice choice{crypto::sha256(code), price, quantity};
  PURSER_TRY(const std::optional<Checkout> known,
             store_.view()->checkout_by_code(choice.code_hash));
  if (!known) return code_not_found();
  const auto context = registry_.project(known->customer.project);
  if (!context) return code_not_found();
  if (context->project.settings.test_mode) return nothing_is_paid();
  for (int round = 0; round < kMaxRounds; ++round) {
    PURSER_TRY(const Checkout checkout, fix_choice(*context, choice));
    if (checkout.state == CheckoutState::kOpen) {
      PURSER_CHECK_OK(close_session(*context, checkout));
      continue;
    }
    PURSER_TRY(std::optional<Secret> secret, open_embedded(*context, checkout));
    if (secret) return *std::move(secret);
  }
  return too_many_choices();
}

Result<std::optional<Secret>> Sales::open_embedded(const ProjectContext& context,
                                                   const Checkout& chosen) {
  PURSER_TRY(Opened opened, open_checkout(context, chosen, true));
  // Used up: it still is a checkout with a page, but nobody has its code.
  opened.checkout.code_hash = crypto::sha256(ids_.secret("").reveal());
  bool is_recorded = false;
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(const std::optional<Checkout> current,
               batch.checkout(chosen.customer.project, chosen.id));
    if (!current) return Error::internal("a checkout is gone");
    // The same choice twice at once: whoever was faster has recorded the same session.
    const bool others = current->state == CheckoutState::kOpen;
    is_recorded = same_choice(*current, others ? opened.checkout : chosen) &&
                  (others || current->state == CheckoutState::kCreating);
    return is_recorded && !others ? batch.update_checkout(opened.checkout) : Status();
  }));
  if (!is_recorded) return std::optional<Secret>();
  if (opened.client_secret.empty()) return code_not_found();  // paid meanwhile
  return std::optional<Secret>(std::move(opened.client_secret));
}

Status Sales::close_session(const ProjectContext& context, const Checkout& checkout) {
  PURSER_TRY(const ProviderCredentials as, access_.credentials(context));
  const std::string& ref = checkout.session_ref;
  PURSER_CHECK_OK(access_.provider().expire_checkout_session(as, ref, "purser-expire-" + ref));
  PURSER_TRY(const RemoteCheckoutSession session, access_.provider().checkout_session(as, ref));
  if (session.status == RemoteCheckoutSession::Status::kOpen) return session_stays_open();
  if (session.status == RemoteCheckoutSession::Status::kExpired) return release_session(checkout);
  PURSER_CHECK_OK(settle(checkout.customer.project, ref));
  return code_not_found();
}

}  // namespace purser::app
