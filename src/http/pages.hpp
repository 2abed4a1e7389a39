#pragma once

// The few pages that people see. Everything put into them is escaped; there is no script.

#include <string>

#include "app/sales.hpp"

namespace purser::http {

/// What is shown again when a choice was refused.
struct PurchaseChoice {
  std::string price;           ///< id; empty: none chosen
  std::string quantity = "1";  ///< as it was typed
  std::string error;           ///< the sentence; empty: none
};

std::string render_home(const std::string& version);
/// What the buyer sees who comes back from paying.
std::string render_done(const app::DonePage& page);
/// Where the buyer chooses price and quantity.
std::string render_purchase(const app::PurchasePage& page, const PurchaseChoice& choice);
std::string render_message(const std::string& title, const std::string& message);

/// The base64 SHA-256 of the pages' style sheet, for the Content-Security-Policy.
const std::string& style_digest();

}  // namespace purser::http
