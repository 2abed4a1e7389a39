#include "embedded/sandbox_pages.hpp"
#include "sandbox/amounts.hpp"
#include "sandbox/page_kit.hpp"
#include "sandbox/service.hpp"

// The hosted checkout page.

namespace purser::sandbox {
namespace {

using kainjow::mustache::data;

// "$10.00 every month", with the trial that comes before it.
std::string note_of(const Record& session) {
  const std::string mode = text_at(session.doc, "mode");
  if (mode == "setup") return "Nothing is paid now. The card is kept for later payments.";
  if (mode != "subscription") return {};
  const auto currency = Currency::parse(text_at(session.doc, "currency"));
  std::int64_t amount = 0;
  std::string every;
  for (const json::Value& line : *at(session.hidden, "line_items").as_array()) {
    const json::Value& price = at(line, "price");
    const json::Value& recurring = at(price, "recurring");
    if (recurring.is_null()) continue;
    amount += int_at(price, "unit_amount") * int_at(line, "quantity");
    const std::int64_t count = int_at(recurring, "interval_count");
    const std::string unit = text_at(recurring, "interval");
    every = count == 1 ? unit : std::to_string(count) + " " + unit + "s";
  }
  if (every.empty() || !currency) return {};
  const std::string renewal = display_amount(amount, *currency) + " every " + every;
  const json::Value& terms = at(session.hidden, "subscription_data");
  if (const auto days = terms.int_at("trial_period_days")) {
    return std::to_string(*days) + " days free, then " + renewal + ", until canceled.";
  }
  const bool trial = !at(terms, "trial_end").is_null();
  return (trial ? "A free trial first, then " : "") + renewal + ", until canceled.";
}

std::string title_of(const std::string& mode) {
  if (mode == "setup") return "Save a card";
  return mode == "subscription" ? "Subscribe" : "Checkout";
}

std::string button_of(const Record& session, const std::string& total) {
  const std::string mode = text_at(session.doc, "mode");
  if (mode == "setup") return "Save card";
  if (int_at(session.doc, "amount_total") > 0) {
    return (mode == "subscription" ? "Subscribe and pay " : "Pay ") + total;
  }
  return mode == "subscription" ? "Subscribe" : "Complete order";
}

std::string total_of(const Record& session) {
  const auto currency = Currency::parse(text_at(session.doc, "currency"));
  if (!currency || text_at(session.doc, "mode") == "setup") return {};
  return display_amount(int_at(session.doc, "amount_total"), *currency);
}

// The form, with what was typed before except the card's number and code.
net::Response form_page(const Record& session, const CheckoutForm& form,
                        const std::string& message) {
  const std::string total = total_of(session);
  const std::string known_email = known_email_of(session);
  const bool debit = int_at(session.doc, "amount_total") > 0 && !debit_type(session).empty();
  const std::string note = note_of(session);
  data values;
  values.set("id", session.id());
  values.set("title", title_of(text_at(session.doc, "mode")));
  values.set("note", note);
  values.set("has_note", data{!note.empty()});
  values.set("has_rows", data{!total.empty()});
  if (!total.empty()) {
    values.set("rows", line_rows(at(session.hidden, "line_items"), "amount_total",
                                 *Currency::parse(text_at(session.doc, "currency"))));
  }
  values.set("total", total);
  values.set("button", button_of(session, total));
  values.set("needs_payment", data{needs_method(session)});
  values.set("takes_debit", data{debit});
  values.set("email", known_email.empty() ? form.email : known_email);
  values.set("email_is_known", data{!known_email.empty()});
  values.set("name", form.name);
  values.set("expiry", form.card.expiry);
  const std::string cancel = text_at(session.doc, "cancel_url");
  values.set("cancel_url", cancel);
  values.set("can_cancel", data{!cancel.empty()});
  values.set("message", message);
  values.set("has_message", data{!message.empty()});
  return html(message.empty() ? 200 : 402,
              embedded::sandbox_pages::web_templates_sandbox_checkout_html, values);
}

// What a session that cannot be paid any more shows; nothing while it is open.
std::optional<net::Response> closed_page(const Record& session) {
  const std::string status = text_at(session.doc, "status");
  if (status == "complete") {
    return message_page(200, "Already paid", "This checkout is complete.", success_url(session),
                        "Return to the seller");
  }
  if (status == "expired") {
    return message_page(200, "Expired", "This checkout has expired. Nothing was paid.",
                        text_at(session.doc, "cancel_url"), "Return to the seller");
  }
  return std::nullopt;
}

std::string page_url(const Record& session) { return "/c/pay/" + session.id(); }

net::Response challenge_page(const Record& session) {
  const std::string total = total_of(session);
  return bank_page(page_url(session) + "/challenge",
                   total.empty() ? "Your bank wants to be sure that you are saving your card."
                                 : "Your bank wants to be sure that you are paying " + total + ".");
}

}  // namespace

// `rest` is what follows /c/pay/: the session's id, or that and /challenge.
Reply Service::answer_checkout_page(const net::Request& request, const std::string& rest) {
  const std::size_t slash = rest.find('/');
  const std::string step = slash == std::string::npos ? "" : rest.substr(slash + 1);
  auto checkout = find_checkout(*world_, rest.substr(0, slash));
  if (!checkout || (!step.empty() && step != "challenge")) return {not_found_page()};
  if (request.method == "POST") {
    return step.empty() ? submit_payment(*checkout, request) : submit_challenge(*checkout, request);
  }
  if (auto closed = closed_page(checkout->session)) return {*std::move(closed)};
  if (step.empty()) return {form_page(checkout->session, {}, "")};
  if (!awaits_challenge(*checkout)) return {see_other(page_url(checkout->session))};
  return {challenge_page(checkout->session)};
}

Reply Service::submit_payment(Checkout& checkout, const net::Request& request) {
  auto read = read_params(request);
  if (const auto* failure = std::get_if<Failure>(&read)) {
    return {
        message_page(400, "Not understood", failure->message, page_url(checkout.session), "Back")};
  }
  Params& params = std::get<Params>(read);
  const CheckoutForm form{typed(params, "method"), typed_card(params), typed(params, "name"),
                          typed(params, "email")};
  const Attempt attempt = attempt_payment(checkout, form);
  switch (attempt.kind) {
    case Attempt::Kind::kPaid:
      return {see_other(success_url(checkout.session))};
    case Attempt::Kind::kChallenge:
      return {see_other(page_url(checkout.session) + "/challenge")};
    case Attempt::Kind::kRefused:
      return {form_page(checkout.session, form, attempt.message)};
    default:
      return {see_other(page_url(checkout.session))};
  }
}

Reply Service::submit_challenge(Checkout& checkout, const net::Request& request) {
  auto read = read_params(request);
  auto* params = std::get_if<Params>(&read);
  const std::string outcome = params == nullptr ? "" : typed(*params, "outcome");
  if (outcome != "complete" && outcome != "fail") return {see_other(page_url(checkout.session))};
  const Attempt attempt = answer_challenge(checkout, outcome == "complete");
  if (attempt.kind == Attempt::Kind::kPaid) return {see_other(success_url(checkout.session))};
  if (attempt.kind == Attempt::Kind::kRefused) {
    return {form_page(checkout.session, {}, attempt.message)};
  }
  return {see_other(page_url(checkout.session))};
}

}  // namespace purser::sandbox
