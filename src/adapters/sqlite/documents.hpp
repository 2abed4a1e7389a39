#pragma once

// The structured columns: settings, payments and product snapshots as JSON text.

#include <string>
#include <string_view>

#include "app/records.hpp"
#include "domain/catalog.hpp"
#include "types/result.hpp"

namespace purser::sqlite {

// Decoding errors are kInternalError: the text was not written by this program.

std::string encode_settings(const app::ProjectSettings& settings);
Result<app::ProjectSettings> decode_settings(std::string_view text);

std::string encode_payments(const app::ProjectPayments& payments);
Result<app::ProjectPayments> decode_payments(std::string_view text);

std::string encode_product(const domain::Product& product);
Result<domain::Product> decode_product(std::string_view text, const ProductId& id);

}  // namespace purser::sqlite
