#pragma once

#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>

#include "json/json.hpp"
#include "net/server.hpp"
#include "sandbox/cards.hpp"
#include "sandbox/params.hpp"
#include "types/money.hpp"

namespace purser::sandbox {

// What the hosted pages share. They work without scripts and have none.

/// Fills a template. Everything from outside is escaped by it; scripts, frames and other origins
/// are shut out.
net::Response html(int status, std::string_view page, kainjow::mustache::data& values);
net::Response see_other(const std::string& url);
/// A page with a title, a sentence and perhaps a link.
net::Response message_page(int status, const std::string& title, const std::string& message,
                           const std::string& link, const std::string& link_text);
net::Response not_found_page();
/// The bank's page. `action` is where its form goes.
net::Response bank_page(const std::string& action, const std::string& question);

/// The page on which a seller completes the onboarding: `action` and `account`.
net::Response onboarding_page(kainjow::mustache::data& values);

/// A form that asks for a card.
struct CardPage {
  std::string title;
  std::string intro;  ///< empty: none
  std::string action;
  std::string button;
  std::string total;       ///< empty: no rows and no total
  std::string return_url;  ///< kept in the form; empty: none
  std::string message;     ///< what is wrong; empty: nothing
  std::string name;        ///< typed before, like the next
  std::string expiry;
  std::string seller_link;       ///< empty: none
  kainjow::mustache::data rows;  ///< description, quantity, amount
};
net::Response card_page(const CardPage& page);

/// Rows for a page from lines with `description`, `quantity` and `field`.
kainjow::mustache::data line_rows(const json::Value& lines, const char* field, Currency currency);

/// A field of a form as typed, at most 500 characters; "" when it is not there.
std::string typed(Params& params, const std::string& name);
CardForm typed_card(Params& params);
/// A web address to go back to; "" for everything that is not http or https.
std::string safe_return_url(const std::string& url);
std::string with_query(const std::string& url, const std::string& query);

}  // namespace purser::sandbox
