#include "sdk/codec.hpp"
#include "types/timestamp.hpp"

namespace purser::sdk {

std::string_view to_string(CustomerType type) {
  switch (type) {
    case CustomerType::kUser:
      return "user";
    case CustomerType::kTeam:
      return "team";
    case CustomerType::kCustom:
      return "custom";
  }
  return "custom";
}

namespace codec {

namespace {

using json::Writer;

std::string_view interval_text(IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kDay:
      return "day";
    case IntervalUnit::kWeek:
      return "week";
    case IntervalUnit::kMonth:
      return "month";
    case IntervalUnit::kYear:
      return "year";
  }
  return "month";
}

void write_inline_product(Writer& out, const InlineProduct& product) {
  out.begin_object();
  out.field("display_name", product.display_name);
  if (product.type) {
    out.field("type", *product.type == ProductType::kOneTime ? "one_time" : "subscription");
  }
  out.field("server_only", product.is_server_only);
  out.field("stackable", product.stackable);
  out.key("prices").begin_object();
  int number = 0;
  for (const auto& price : product.prices) {
    out.key("price-" + std::to_string(++number)).begin_object();
    out.field("amount", price.amount).field("currency", price.currency);
    if (price.interval) out.field("interval", interval_text(*price.interval));
    out.end_object();
  }
  out.end_object();
  out.key("included_items").begin_object();
  for (const auto& item : product.included_items) {
    out.key(item.item_id).begin_object().field("quantity", item.quantity).end_object();
  }
  out.end_object();
  out.end_object();
}

void write_choice(Writer& out, const ProductChoice& choice) {
  if (const auto* id = std::get_if<std::string>(&choice)) {
    out.field("product_id", *id);
  } else {
    write_inline_product(out.key("product"), std::get<InlineProduct>(choice));
  }
}

void write_notes(Writer& out, const std::optional<Time>& expires_at,
                 const std::string& description) {
  // An instant that cannot be written is refused before (ServerCustomer), so none is lost here.
  if (expires_at) {
    if (const auto text = write_time(*expires_at)) out.field("expires_at", *text);
  }
  if (!description.empty()) out.field("description", description);
}

}  // namespace

std::optional<std::string> write_time(Time time) {
  const auto instant = Timestamp::from_millis(time.time_since_epoch().count());
  if (!instant) return std::nullopt;
  return instant->to_iso8601();
}

std::string write_checkout(const CheckoutOptions& options) {
  Writer out;
  out.begin_object();
  write_choice(out, options.product);
  if (options.return_url) out.field("return_url", *options.return_url);
  if (options.price_id) out.field("price_id", *options.price_id);
  if (options.quantity) out.field("quantity", *options.quantity);
  out.end_object();
  return out.take();
}

std::string write_grant(const GrantOptions& options) {
  Writer out;
  out.begin_object();
  write_choice(out, options.product);
  if (options.price_id) out.field("price_id", *options.price_id);
  if (options.quantity) out.field("quantity", *options.quantity);
  out.end_object();
  return out.take();
}

std::string write_switch(const SwitchSubscriptionOptions& options) {
  Writer out;
  out.begin_object();
  out.field("from_product_id", options.from_product_id);
  out.field("to_product_id", options.to_product_id);
  if (options.price_id) out.field("price_id", *options.price_id);
  if (options.quantity) out.field("quantity", *options.quantity);
  if (options.effective) {
    out.field("effective", *options.effective == SwitchTime::kNow ? "now" : "period_end");
  }
  out.end_object();
  return out.take();
}

std::string write_setup_intent_choice(std::string_view setup_intent_id) {
  Writer out;
  out.begin_object().field("setup_intent_id", setup_intent_id).end_object();
  return out.take();
}

std::string write_refund(const RefundOptions& options) {
  Writer out;
  out.begin_object();
  if (options.amount) out.field("amount", *options.amount);
  if (options.quantity) out.field("quantity", *options.quantity);
  if (options.reason) out.field("reason", *options.reason);
  out.end_object();
  return out.take();
}

std::string write_change(std::int64_t change, const ChangeOptions& options) {
  Writer out;
  out.begin_object().field("change", change);
  write_notes(out, options.expires_at, options.description);
  out.end_object();
  return out.take();
}

std::string write_try_decrease(std::int64_t amount, const ChangeOptions& options) {
  Writer out;
  out.begin_object().field("amount", amount);
  write_notes(out, std::nullopt, options.description);
  out.end_object();
  return out.take();
}

std::string write_batch(const std::vector<BatchCommand>& commands, const BatchOptions& options) {
  Writer out;
  out.begin_object().field("atomic", options.atomic).key("operations").begin_array();
  for (const auto& command : commands) {
    out.begin_object().field("item_id", command.item_id);
    const bool is_try = command.kind == BatchCommand::Kind::kTryDecrease;
    out.field(is_try ? "try_decrease" : "change", command.amount);
    write_notes(out, command.expires_at, command.description);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string write_new_user(const NewUser& user) {
  Writer out;
  out.begin_object();
  if (user.id) out.field("id", *user.id);
  if (!user.display_name.empty()) out.field("display_name", user.display_name);
  if (user.primary_email) out.field("primary_email", *user.primary_email);
  out.end_object();
  return out.take();
}

std::string write_user_change(const UserChange& change) {
  Writer out;
  out.begin_object();
  if (change.display_name) out.field("display_name", *change.display_name);
  if (change.remove_primary_email) {
    out.key("primary_email").null();
  } else if (change.primary_email) {
    out.field("primary_email", *change.primary_email);
  }
  out.end_object();
  return out.take();
}

std::string write_new_team(const NewTeam& team) {
  Writer out;
  out.begin_object();
  if (team.id) out.field("id", *team.id);
  if (!team.display_name.empty()) out.field("display_name", team.display_name);
  if (team.creator_user_id) out.field("creator_user_id", *team.creator_user_id);
  out.end_object();
  return out.take();
}

}  // namespace codec

}  // namespace purser::sdk
