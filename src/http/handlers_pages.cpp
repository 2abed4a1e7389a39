#include <charconv>
#include <utility>

#include "http/error_reply.hpp"
#include "http/handlers.hpp"
#include "http/pages.hpp"
#include "http/paging.hpp"

// Pages for buyers. What goes wrong is a page too.
namespace purser::http::handlers {
namespace {

constexpr std::string_view kHtml = "text/html; charset=utf-8";

void answer_page(Call& call, std::string html, int status = 200) {
  call.core.answer(call, Reply{.status = status, .body = std::move(html), .content_type = kHtml});
}

void answer_refusal(Call& call, const Error& error) {
  const bool is_unknown = error.code == ErrorCode::kPurchaseCodeNotFound;
  answer_page(call,
              render_message(
                  is_unknown ? "This page is not there any more" : "That did not work",
                  is_unknown ? "Go back to where you came from and start again." : error.message),
              status_of(error));
}

// Whether the address guesses codes; answers it if it does.
bool refused_as_guesser(Call& call) {
  if (call.core.guesses().may_guess(call.request.remote_address, call.started)) return false;
  answer_page(call, render_message("Too many attempts", "Wait a moment and open the page again."),
              429);
  return true;
}

void note_guess(Call& call, const Error& error) {
  if (error.code != ErrorCode::kPurchaseCodeNotFound) return;
  call.core.guesses().count_wrong(call.request.remote_address, call.started);
}

// Whether the form was sent from a page of another site. Browsers say so; our own pages send no
// referrer, and so an opaque origin.
bool is_cross_site(const Call& call) {
  const std::string_view site = call.request.header("sec-fetch-site");
  if (!site.empty()) return site != "same-origin" && site != "none";
  const std::string_view origin = call.request.header("origin");
  return !origin.empty() && origin != "null" && origin != call.core.use().public_url;
}

// What the buyer sent, as far as it can be read.
struct Sent {
  PurchaseChoice choice;
  std::optional<Quantity> quantity;
};

Sent read_choice(const Call& call) {
  Sent sent;
  const auto form = net::parse_form(call.request.body);
  if (!form) return sent;
  for (const auto& [name, value] : *form) {
    if (name == "price_id") sent.choice.price = value;
    if (name == "quantity") sent.choice.quantity = value;
  }
  const std::string& text = sent.choice.quantity;
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault == std::errc() && stop == end && number >= 1) sent.quantity = Quantity::of(number);
  return sent;
}

// The form again, with the sentence that says why.
void show_form(Call& call, const PurchaseChoice& choice, int status) {
  const auto page = call.core.use().sales.purchase_page(call.parameter("code"));
  if (!page) {
    note_guess(call, page.error());
    return answer_refusal(call, page.error());
  }
  answer_page(call, render_purchase(*page, choice), status);
}

}  // namespace

void home_page(const CallPtr& call) { answer_page(*call, render_home(call->core.use().version)); }

void done_page(const CallPtr& call) {
  const auto project = call->query_value("project");
  const auto checkout = call->query_value("checkout");
  app::DonePage page;
  if (project && checkout) {
    // Whoever holds the checkout's unguessable id bought it.
    auto found = call->core.use().sales.done_page(ProjectId(*project), CheckoutId(*checkout));
    if (!found) return answer_refusal(*call, found.error());
    page = *std::move(found);
  }
  answer_page(*call, render_done(page));
}

void purchase_page(const CallPtr& call) {
  if (refused_as_guesser(*call)) return;
  show_form(*call, {}, 200);
}

void choose_price(const CallPtr& call) {
  if (refused_as_guesser(*call)) return;
  if (is_cross_site(*call)) {
    return answer_page(
        *call, render_message("That did not work", "Open the purchase page and choose there."),
        403);
  }
  Sent sent = read_choice(*call);
  if (sent.choice.price.empty() || !sent.quantity) {
    sent.choice.error = sent.choice.price.empty() ? "Choose a price."
                                                  : "The quantity must be a whole number from 1.";
    return show_form(*call, sent.choice, 400);
  }
  const auto url = call->core.use().sales.choose(call->parameter("code"),
                                                 PriceId(sent.choice.price), *sent.quantity);
  if (url) {
    return call->core.answer(*call, Reply{.status = 303,
                                          .body = render_message("Continue to payment", *url),
                                          .content_type = kHtml,
                                          .headers = {{"location", *url}}});
  }
  note_guess(*call, url.error());
  sent.choice.error = url.error().message;
  show_form(*call, sent.choice, status_of(url.error()));
}

}  // namespace purser::http::handlers
