#include <kainjow/mustache.hpp>

#include "embedded/sandbox_pages.hpp"
#include "sandbox/amounts.hpp"
#include "sandbox/service.hpp"

// The hosted checkout page. It works without scripts and has none.

namespace purser::sandbox {
namespace {

namespace pages = embedded::sandbox_pages;
using kainjow::mustache::data;

// Everything from outside is escaped by the template; scripts, frames and other origins are shut
// out. There is no form-action: browsers would apply it to the redirect to the seller's page.
net::Response html(int status, std::string_view page, data& values) {
  values.set("style", std::string(pages::web_templates_sandbox_style_css));
  kainjow::mustache::mustache page_template{std::string(page)};
  net::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.headers = {{"cache-control", "no-store"},
                      {"content-security-policy",
                       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                       "frame-ancestors 'none'"},
                      {"referrer-policy", "no-referrer"},
                      {"x-content-type-options", "nosniff"}};
  response.body = page_template.render(values);
  return response;
}

net::Response see_other(const std::string& url) {
  net::Response response;
  response.status = 303;
  response.content_type = "text/plain; charset=utf-8";
  response.headers = {
      {"location", url}, {"cache-control", "no-store"}, {"referrer-policy", "no-referrer"}};
  return response;
}

net::Response message_page(int status, const std::string& title, const std::string& message,
                           const std::string& link, const std::string& link_text) {
  data values;
  values.set("title", title);
  values.set("message", message);
  if (!link.empty()) {
    data target;
    target.set("url", link);
    target.set("text", link_text);
    values.set("link", data{target});
  }
  return html(status, pages::web_templates_sandbox_message_html, values);
}

net::Response not_found() {
  return message_page(404, "Not found", "There is no such checkout in this sandbox.", "", "");
}

data line_rows(const Record& session, Currency currency) {
  data rows{data::type::list};
  for (const json::Value& item : *at(session.hidden, "line_items").as_array()) {
    data row;
    row.set("description", text_at(item, "description"));
    row.set("quantity", std::to_string(int_at(item, "quantity")));
    row.set("amount", display_amount(int_at(item, "amount_total"), currency));
    rows << row;
  }
  return rows;
}

// The form, with what was typed before except the card's number and code.
net::Response form_page(const Record& session, const CheckoutForm& typed,
                        const std::string& message) {
  const Currency currency = *Currency::parse(text_at(session.doc, "currency"));
  const std::int64_t total = int_at(session.doc, "amount_total");
  const std::string known_email = known_email_of(session);
  data values;
  values.set("id", session.id());
  values.set("rows", line_rows(session, currency));
  values.set("total", display_amount(total, currency));
  values.set("needs_payment", data{total > 0});
  values.set("takes_debit", data{total > 0 && !debit_type(session).empty()});
  values.set("email", known_email.empty() ? typed.email : known_email);
  values.set("email_is_known", data{!known_email.empty()});
  values.set("name", typed.name);
  values.set("expiry", typed.expiry);
  const std::string cancel = text_at(session.doc, "cancel_url");
  values.set("cancel_url", cancel);
  values.set("can_cancel", data{!cancel.empty()});
  values.set("message", message);
  values.set("has_message", data{!message.empty()});
  return html(message.empty() ? 200 : 402, pages::web_templates_sandbox_checkout_html, values);
}

net::Response challenge_page(const Record& session) {
  const Currency currency = *Currency::parse(text_at(session.doc, "currency"));
  data values;
  values.set("id", session.id());
  values.set("total", display_amount(int_at(session.doc, "amount_total"), currency));
  return html(200, pages::web_templates_sandbox_challenge_html, values);
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

bool awaits_challenge(Checkout& checkout) {
  const Record* intent = checkout.world.find(checkout.account, kPaymentIntent,
                                             text_at(checkout.session.doc, "payment_intent"));
  return intent != nullptr && text_at(intent->doc, "status") == "requires_action";
}

}  // namespace

// `rest` is what follows /c/pay/: the session's id, or that and /challenge.
Reply Service::answer_page(const net::Request& request, const std::string& rest) {
  const std::size_t slash = rest.find('/');
  const std::string step = slash == std::string::npos ? "" : rest.substr(slash + 1);
  auto checkout = find_checkout(*world_, rest.substr(0, slash));
  if (!checkout || (!step.empty() && step != "challenge")) return {not_found()};
  const bool post = request.method == "POST";
  if (!post && request.method != "GET" && request.method != "HEAD") {
    net::Response response = message_page(405, "Not possible", "Use GET or POST.", "", "");
    response.headers.push_back({"allow", "GET, HEAD, POST"});
    return {std::move(response)};
  }
  if (post)
    return step.empty() ? submit_payment(*checkout, request) : submit_challenge(*checkout, request);
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
  const auto field = [&params](const char* name) { return params.text(name, 500).value_or(""); };
  const CheckoutForm form{field("method"), field("number"), field("expiry"),
                          field("cvc"),    field("name"),   field("email")};
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
  const auto* params = std::get_if<Params>(&read);
  const std::string outcome = params == nullptr ? "" : Params(*params).text("outcome").value_or("");
  if (outcome != "complete" && outcome != "fail") return {see_other(page_url(checkout.session))};
  const Attempt attempt = answer_challenge(checkout, outcome == "complete");
  if (attempt.kind == Attempt::Kind::kPaid) return {see_other(success_url(checkout.session))};
  if (attempt.kind == Attempt::Kind::kRefused) {
    return {form_page(checkout.session, {}, attempt.message)};
  }
  return {see_other(page_url(checkout.session))};
}

}  // namespace purser::sandbox
