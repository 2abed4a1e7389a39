#include "adapters/stripe/calls.hpp"

#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {

Result<std::string> path_with_id(std::string_view collection, const std::string& id) {
  if (id.empty()) return Error::internal("no id of a Stripe object to look at");
  // Dots alone would be taken for steps up the path.
  if (!is_object_id(id) || id.find_first_not_of('.') == std::string::npos) {
    return Error(ErrorCode::kPaymentProviderRefused,
                 "Stripe refused the request; details.provider_message says why.",
                 {{"provider_code", "resource_missing"},
                  {"provider_message", "No object of Stripe has such an id."}});
  }
  return std::string(collection) + '/' + percent_encode(id);
}

std::string with_query(const std::string& path, const Form& query) {
  return path + '?' + query.text();
}

bool was_refused_as(const Error& error, std::string_view provider_code) {
  if (error.code != ErrorCode::kPaymentProviderRefused) return false;
  for (const auto& [name, value] : error.details) {
    const auto* text = std::get_if<std::string>(&value);
    if (name == "provider_code" && text != nullptr && *text == provider_code) return true;
  }
  return false;
}

}  // namespace purser::stripe
