#pragma once

// The few pages that people see. Everything put into them is escaped; there is no script.

#include <string>

namespace purser::http {

/// What the buyer sees who comes back from paying. Empty texts: nothing is known of the checkout.
struct DonePage {
  std::string seller;
  std::string product;
  bool is_granted = false;  ///< false: the payment is not confirmed yet
};

std::string render_home(const std::string& version);
std::string render_done(const DonePage& page);

/// The base64 SHA-256 of the pages' style sheet, for the Content-Security-Policy.
const std::string& style_digest();

}  // namespace purser::http
