#include <utility>

#include "app/billing.hpp"
#include "app/sales.hpp"
#include "http/compat/customer_access.hpp"
#include "http/compat/known_errors.hpp"
#include "http/compat/payments_handlers.hpp"
#include "http/compat/product_choice.hpp"
#include "http/compat/products.hpp"
#include "http/compat/translate.hpp"
#include "http/encode_sales.hpp"
#include "http/kept_reply.hpp"

namespace purser::http::compat::handlers {
namespace {

constexpr ClientMay kClientMay{
    "create purchase URLs for their own user or teams they have admin access to."};
constexpr const char* kSuccess = R"({"success":true})";

// What products were called before stays readable below the mount that existed then.
constexpr std::string_view kOldNamesMount = "/api/v1/";

struct Names {
  std::string_view id = "product_id";
  std::string_view described = "product_inline";
};

Names names_of(const Call& call) {
  const bool has_old =
      call.body.find("offer_id") != nullptr || call.body.find("offer_inline") != nullptr;
  if (!has_old) return {};
  return {"offer_id", "offer_inline"};
}

Reply old_names_refused(const Call& call) {
  FieldErrors errors;
  for (const char* name : {"offer_id", "offer_inline"}) {
    if (call.body.find(name) == nullptr) continue;
    errors.push_back({std::string("body.") + name, "is not a field of this document"});
  }
  return reply_for(call, schema_error(std::move(errors)));
}

CustomerKey buyer_of(const Call& call) {
  return {call.project(), *parse_customer_type(*call.body.string_at("customer_type")),
          *call.body.string_at("customer_id")};
}

/// The purchase page of a code; or what is answered instead. Wrong codes count as guesses.
std::variant<app::PurchasePage, Reply> page_of(const Call& call, const std::string& code) {
  GuessLimit& guesses = call.core.guesses();
  if (!guesses.may_guess(call.request.remote_address, call.started)) {
    return plain(429, "Too many wrong codes; wait a moment.");
  }
  auto page = call.core.use().sales.purchase_page(code);
  if (page) return *std::move(page);
  if (page.error().code == ErrorCode::kPurchaseCodeNotFound) {
    guesses.count_wrong(call.request.remote_address, call.started);
  }
  return reply_for(call, page.error());
}

std::shared_ptr<const app::ProjectContext> seller_of(const Call& call,
                                                     const app::PurchasePage& page) {
  return call.core.use().registry.project(page.checkout.customer.project);
}

Quantity quantity_of(const Call& call) {
  return *Quantity::of(call.body.int_at("quantity").value_or(1));
}

void write_conflicts(json::Writer& out, const std::vector<domain::Product>& conflicts) {
  out.key("conflicting_products").begin_array();
  for (const domain::Product& product : conflicts) {
    out.begin_object().field("product_id", product.id.str());
    out.field("display_name", product.display_name).end_object();
  }
  out.end_array();
}

std::string encode_page(const app::PurchasePage& page, const app::ProjectContext& seller,
                        const app::ProviderAccountState& account) {
  std::vector<const domain::Price*> prices;
  for (const domain::Price& price : page.prices) prices.push_back(&price);
  json::Writer out;
  write_product(out.begin_object().key("product"), page.checkout.product, prices);
  out.field("stripe_account_id", account.id).field("project_id", seller.project.id.str());
  out.key("project_logo_url").null();
  out.field("already_bought_non_stackable", page.already_owned);
  write_conflicts(out, page.conflicts);
  out.field("test_mode", seller.project.settings.test_mode);
  return out.field("charges_enabled", account.charges_enabled).end_object().take();
}

/// The account that the seller is paid through; an empty one for a project that has none.
Result<app::ProviderAccountState> account_of(const Call& call, const app::ProjectContext& seller) {
  auto account = call.core.use().onboarding.account(seller);
  if (!account && account.error().code == ErrorCode::kPaymentsNotConfigured) {
    return app::ProviderAccountState{};
  }
  return account;
}

std::optional<Reply> refused_return_url(const std::optional<std::string>& url,
                                        const app::ProjectContext& seller) {
  const bool fine = !url || app::is_trusted_redirect(seller.project.settings, *url);
  if (fine) return std::nullopt;
  return known(Known::kRedirectUrlNotWhitelisted);
}

std::string encode_secret(const Secret& secret) {
  return json::Writer().begin_object().field("client_secret", secret.reveal()).end_object().take();
}

/// Why nothing is sold to this caller, whatever it would be.
std::optional<Reply> refused_order(const Call& call, const CustomerKey& buyer) {
  if (const Status open = app::Sales::accepts_orders(call.context()); !open) {
    return reply_for(call, open.error());
  }
  if (auto refusal = refused_customer(call, buyer, kClientMay)) return refusal;
  if (const Status payable = call.core.use().sales.payable(call.context()); !payable) {
    return reply_for(call, payable.error());
  }
  return std::nullopt;
}

}  // namespace

void create_purchase_url(const CallPtr& call) {
  const Names names = names_of(*call);
  const bool old_names = names.id != Names{}.id;
  if (old_names && !call->request.path().starts_with(kOldNamesMount)) {
    return call->core.answer(*call, old_names_refused(*call));
  }
  app::NewCheckout order;
  order.customer = buyer_of(*call);
  if (auto refusal = refused_order(*call, order.customer)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  auto choice = choose_product(*call, names.id, names.described);
  if (auto* refusal = std::get_if<Reply>(&choice)) {
    return call->core.answer(*call, std::move(*refusal));
  }
  order.product = std::move(std::get<app::ProductChoice>(choice));
  order.return_url = call->body.string_at("return_url").value_or("");
  order.from_client = call->is_client();
  order.on_page = true;
  const auto encode = [back = order.return_url](const std::string& url) {
    return encode_url(back.empty() ? url : url + "?return_url=" + net::percent_encode(back));
  };
  call->core.answer(*call,
                    call->core.use().sales.checkout(call->principal.context, call->scope, order,
                                                    kept_as<std::string>(*call, encode)));
}

void validate_code(const CallPtr& call) {
  auto found = page_of(*call, *call->body.string_at("full_code"));
  if (auto* refusal = std::get_if<Reply>(&found)) {
    return call->core.answer(*call, std::move(*refusal));
  }
  const auto& page = std::get<app::PurchasePage>(found);
  const auto seller = seller_of(*call, page);
  if (auto refusal = refused_return_url(call->body.string_at("return_url"), *seller)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  const auto account = account_of(*call, *seller);
  if (!account) return call->core.answer(*call, account.error());
  call->core.answer(*call, encode_page(page, *seller, *account));
}

void check_code(const CallPtr& call) {
  auto found = page_of(*call, *call->query_value("full_code"));
  if (auto* refusal = std::get_if<Reply>(&found)) {
    return call->core.answer(*call, std::move(*refusal));
  }
  const auto seller = seller_of(*call, std::get<app::PurchasePage>(found));
  if (auto refusal = refused_return_url(call->query_value("return_url"), *seller)) {
    return call->core.answer(*call, *std::move(refusal));
  }
  call->core.answer(*call, R"({"valid":true})");
}

void begin_purchase(const CallPtr& call) {
  const std::string code = *call->body.string_at("full_code");
  auto found = page_of(*call, code);
  if (auto* refusal = std::get_if<Reply>(&found)) {
    return call->core.answer(*call, std::move(*refusal));
  }
  const auto secret = call->core.use().sales.begin_payment(
      code, PriceId(*call->body.string_at("price_id")), quantity_of(*call));
  if (!secret) return call->core.answer(*call, secret.error());
  call->core.answer(*call, encode_secret(*secret));
}

void complete_test_purchase(const CallPtr& call) {
  const std::string code = *call->body.string_at("full_code");
  auto found = page_of(*call, code);
  if (auto* refusal = std::get_if<Reply>(&found)) {
    return call->core.answer(*call, std::move(*refusal));
  }
  const auto& page = std::get<app::PurchasePage>(found);
  const auto seller = seller_of(*call, page);
  if (const Status open = app::Sales::accepts_orders(*seller); !open) {
    return call->core.answer(*call, open.error());
  }
  if (!seller->project.settings.test_mode) {
    return call->core.answer(*call, plain(403, "Test mode is not enabled for this project"));
  }
  const auto url = call->core.use().sales.choose(code, PriceId(*call->body.string_at("price_id")),
                                                 quantity_of(*call));
  if (!url) return call->core.answer(*call, url.error());
  call->core.answer(*call, std::string(kSuccess));
}

}  // namespace purser::http::compat::handlers
