#include "http/compat/customer_access.hpp"

#include <string>

#include "http/compat/known_errors.hpp"
#include "http/compat/translate.hpp"

namespace purser::http::compat {
namespace {

Reply forbidden(std::string_view rest) {
  std::string text = "Clients can only ";
  return plain(403, text.append(rest));
}

}  // namespace

// The rule itself is app::Access's, which hides what a caller may not see; the protocol says so.
std::optional<Reply> refused_customer(const Call& call, const CustomerKey& customer,
                                      const ClientMay& client_may) {
  const Status allowed = call.core.use().access.require_customer(call.principal, customer);
  if (allowed) return std::nullopt;
  switch (allowed.error().code) {
    case ErrorCode::kUserNotFound:
      return forbidden(client_may.of_others);
    case ErrorCode::kCustomerNotFound:
      return forbidden(client_may.of_custom.empty() ? client_may.of_others : client_may.of_custom);
    case ErrorCode::kTeamNotFound:
      return known(Known::kTeamPermissionRequired,
                   {{"team_id", {customer.id}},
                    {"user_id", {call.principal.user->str()}},
                    {"permission_id", {std::string(app::kTeamAdmin)}}});
    default:
      return reply_for(call, allowed.error());
  }
}

}  // namespace purser::http::compat
