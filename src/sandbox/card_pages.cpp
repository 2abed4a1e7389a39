#include "sandbox/amounts.hpp"
#include "sandbox/billing.hpp"
#include "sandbox/connect.hpp"
#include "sandbox/page_kit.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/service.hpp"
#include "sandbox/setup_intents.hpp"
#include "sandbox/subscriptions.hpp"

// The hosted pages besides checkout: the card form that plays Stripe.js' part for a setup intent,
// the page of an invoice, a seller's onboarding.

namespace purser::sandbox {
namespace {

using kainjow::mustache::data;

const Cause kBuyer;

struct Found {
  Account* account = nullptr;
  Record* record = nullptr;
};

Found find_anywhere(World& world, std::string_view kind, const std::string& id) {
  for (const auto& [account_id, account] : world.accounts()) {
    if (Record* record = world.find(*account, kind, id)) return {account.get(), record};
  }
  return {};
}

// What the owner of a card typed, as a method of nobody; or what is wrong.
struct TypedMethod {
  Record* method = nullptr;
  std::string complaint;
};

TypedMethod read_method(const Scene& scene, Params& params) {
  const std::string name = typed(params, "name");
  if (name.find_first_not_of(' ') == std::string::npos || name.size() > 300) {
    return {nullptr, "Please write your name."};
  }
  const TypedCard card = read_card(typed_card(params), scene.world.real_seconds());
  if (!card.complaint.empty()) return {nullptr, card.complaint};
  return {&add_card_method(scene, *card.card, card.expiry, {name, typed(params, "email")}), {}};
}

// --- a setup intent

std::string setup_url(const Record& intent) {
  return "/c/setup/" + text_at(intent.doc, "client_secret");
}

std::string back_from_setup(const Record& intent, const std::string& return_url) {
  if (return_url.empty()) return {};
  const bool saved = text_at(intent.doc, "status") == "succeeded";
  return with_query(return_url, "setup_intent=" + intent.id() + "&setup_intent_client_secret=" +
                                    text_at(intent.doc, "client_secret") +
                                    "&redirect_status=" + (saved ? "succeeded" : "failed"));
}

net::Response setup_form(const Record& intent, const std::string& return_url, Params* params,
                         const std::string& message) {
  CardPage page;
  page.title = "Save a card";
  page.intro = "Nothing is paid now. The card is kept for later payments.";
  page.action = setup_url(intent);
  page.button = "Save card";
  page.return_url = return_url;
  page.message = message;
  if (params != nullptr) {
    page.name = typed(*params, "name");
    page.expiry = typed(*params, "expiry");
  }
  page.seller_link = back_from_setup(intent, return_url);
  return card_page(page);
}

net::Response setup_over(const Record& intent, const std::string& return_url) {
  const bool saved = text_at(intent.doc, "status") == "succeeded";
  return message_page(200, saved ? "Card saved" : "Canceled",
                      saved ? "Your card is saved for later payments."
                            : "This request to save a card was canceled.",
                      back_from_setup(intent, return_url), "Return to the seller");
}

net::Response conclude_setup(const Record& intent, const PaymentResult& result,
                             const std::string& return_url, Params& params) {
  if (result.kind == PaymentResult::Kind::kPaid) return setup_over(intent, return_url);
  if (result.kind == PaymentResult::Kind::kDeclined) {
    return setup_form(intent, return_url, &params, result.message);
  }
  const std::string back =
      return_url.empty() ? "" : "?return_url=" + net::percent_encode(return_url);
  return see_other(setup_url(intent) + "/challenge" + back);
}

net::Response answer_setup(const Scene& scene, Record& intent, const std::string& step, bool post,
                           Params& params) {
  const std::string return_url = safe_return_url(params.peek("return_url"));
  const std::string status = text_at(intent.doc, "status");
  if (status == "succeeded" || status == "canceled") return setup_over(intent, return_url);
  if (step == "challenge") {
    if (status != "requires_action") return see_other(setup_url(intent));
    const std::string back =
        return_url.empty() ? "" : "?return_url=" + net::percent_encode(return_url);
    const std::string outcome = typed(params, "outcome");
    if (!post || (outcome != "complete" && outcome != "fail")) {
      return bank_page(setup_url(intent) + "/challenge" + back,
                       "Your bank wants to be sure that you are saving your card.");
    }
    Record& method = *scene.find(kPaymentMethod, text_at(intent.doc, "payment_method"));
    const PaymentResult result = outcome == "complete" ? confirm_setup(scene, intent, method, true)
                                                       : fail_setup_authentication(scene, intent);
    return conclude_setup(intent, result, return_url, params);
  }
  if (!post) return setup_form(intent, return_url, nullptr, "");
  const TypedMethod card = read_method(scene, params);
  if (card.method == nullptr) return setup_form(intent, return_url, &params, card.complaint);
  return conclude_setup(intent, confirm_setup(scene, intent, *card.method, false), return_url,
                        params);
}

// --- an invoice

std::string invoice_url(const Record& invoice) { return "/c/invoice/" + invoice.id(); }

std::string shown_amount(const Record& invoice, const char* field) {
  const auto currency = Currency::parse(text_at(invoice.doc, "currency"));
  return currency ? display_amount(int_at(invoice.doc, field), *currency) : "";
}

net::Response invoice_form(const Record& invoice, Params* params, const std::string& message) {
  const auto currency = Currency::parse(text_at(invoice.doc, "currency"));
  CardPage page;
  page.title = "Invoice " + text_at(invoice.doc, "number");
  page.total = shown_amount(invoice, "amount_due");
  page.rows = line_rows(at(at(invoice.doc, "lines"), "data"), "amount", *currency);
  page.action = invoice_url(invoice);
  page.button = "Pay " + page.total;
  page.message = message;
  if (int_at(invoice.doc, "amount_due") != int_at(invoice.doc, "total")) {
    page.intro = "Total " + shown_amount(invoice, "total") +
                 "; your balance with the seller is taken into account.";
  }
  if (params != nullptr) {
    page.name = typed(*params, "name");
    page.expiry = typed(*params, "expiry");
  }
  return card_page(page);
}

net::Response closed_invoice(const Record& invoice) {
  const std::string status = text_at(invoice.doc, "status");
  const std::string number = "Invoice " + text_at(invoice.doc, "number");
  if (status == "paid") {
    return message_page(200, number, shown_amount(invoice, "amount_paid") + " was paid.", "", "");
  }
  return message_page(200, number, "This invoice is " + status + ": it cannot be paid.", "", "");
}

net::Response conclude_invoice(const Scene& scene, Record& invoice, const PaymentResult& result,
                               Params& params) {
  if (result.kind == PaymentResult::Kind::kChallenge) {
    return see_other(invoice_url(invoice) + "/challenge");
  }
  if (result.kind == PaymentResult::Kind::kDeclined) {
    return invoice_form(invoice, &params, result.message);
  }
  // What paid a subscription's invoice here pays the next ones too.
  const Record* intent = scene.find(kPaymentIntent, text_at(invoice.doc, "payment_intent"));
  Record* subscription = scene.find(kSubscription, text_at(invoice.doc, "subscription"));
  if (subscription != nullptr && intent != nullptr && is_live(subscription->doc)) {
    json::Value doc = subscription->doc;
    set(doc, "default_payment_method", at(intent->doc, "payment_method"));
    save(scene, kSubscription, *subscription, std::move(doc), "customer.subscription.updated");
  }
  return see_other(invoice_url(invoice));
}

net::Response answer_invoice(const Scene& scene, Record& invoice, const std::string& step,
                             bool post, Params& params) {
  const std::string status = text_at(invoice.doc, "status");
  if (status == "draft") return not_found_page();
  if (status != "open" && status != "uncollectible") return closed_invoice(invoice);
  const Record* intent = scene.find(kPaymentIntent, text_at(invoice.doc, "payment_intent"));
  const bool waits = intent != nullptr && text_at(intent->doc, "status") == "requires_action";
  if (step == "challenge") {
    if (!waits) return see_other(invoice_url(invoice));
    const std::string outcome = typed(params, "outcome");
    if (!post || (outcome != "complete" && outcome != "fail")) {
      return bank_page(invoice_url(invoice) + "/challenge",
                       "Your bank wants to be sure that you are paying " +
                           shown_amount(invoice, "amount_due") + ".");
    }
    return conclude_invoice(
        scene, invoice, answer_invoice_challenge(scene, invoice, outcome == "complete"), params);
  }
  if (!post) return invoice_form(invoice, nullptr, "");
  const TypedMethod card = read_method(scene, params);
  if (card.method == nullptr) return invoice_form(invoice, &params, card.complaint);
  return conclude_invoice(scene, invoice,
                          collect_invoice(scene, invoice, card.method, Presence::kOnSession, false),
                          params);
}

// --- onboarding

net::Response answer_onboarding(World& world, const std::string& token, bool post) {
  const Onboarding onboarding = find_onboarding(world, token);
  if (onboarding.link == nullptr) return not_found_page();
  if (!onboarding.usable) return see_other(text_at(onboarding.link->hidden, "refresh_url"));
  if (!post) {
    data values;
    values.set("action", "/c/onboarding/" + token);
    values.set("account", onboarding.account->id);
    return onboarding_page(values);
  }
  complete_onboarding(world, onboarding);
  return see_other(text_at(onboarding.link->hidden, "return_url"));
}

}  // namespace

// `kind` and `rest` are what follows /c/: "setup", "invoice" or "onboarding" and the rest.
Reply Service::answer_card_page(const net::Request& request, const std::string& kind,
                                const std::string& rest) {
  auto read = read_params(request);
  if (const auto* failure = std::get_if<Failure>(&read)) {
    return {message_page(400, "Not understood", failure->message, "", "")};
  }
  Params& params = std::get<Params>(read);
  const bool post = request.method == "POST";
  const std::size_t slash = rest.find('/');
  const std::string name = rest.substr(0, slash);
  const std::string step = slash == std::string::npos ? "" : rest.substr(slash + 1);
  if (!step.empty() && step != "challenge") return {not_found_page()};
  if (kind == "onboarding") return {answer_onboarding(*world_, name, post)};
  const bool is_setup = kind == "setup";
  const std::string id = is_setup ? name.substr(0, name.find("_secret_")) : name;
  const Found found = find_anywhere(*world_, is_setup ? kSetupIntent : kInvoice, id);
  if (found.record == nullptr || found.record->deleted()) return {not_found_page()};
  if (is_setup && text_at(found.record->doc, "client_secret") != name) return {not_found_page()};
  const Scene scene{*world_, *found.account, kBuyer};
  enter_time_of(scene, found.record->doc);
  return {is_setup ? answer_setup(scene, *found.record, step, post, params)
                   : answer_invoice(scene, *found.record, step, post, params)};
}

}  // namespace purser::sandbox
