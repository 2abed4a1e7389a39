#pragma once

// Card numbers must never be sent here: whoever does gets an error, and nothing of it is kept.

#include "json/json.hpp"

namespace purser::http {

/// Does a document seem to carry a card number? True when a string that is nothing but a number
/// looks like one (a known issuer's range and length, and the check digit), or when the document
/// has a member that is named like a card's data and any string or integer in it holds 13–19 digits
/// with a valid check digit. Blanks and hyphens between digits do not count. Source: ISO/IEC 7812-1
/// annex B (the Luhn check digit).
bool carries_card_number(const json::Value& document);

}  // namespace purser::http
