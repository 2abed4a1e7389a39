#include "codec/purchase_codec.hpp"

#include <utility>

#include "codec/catalog_codec.hpp"
#include "codec/fields.hpp"
#include "json/json.hpp"

namespace purser::codec {
namespace {

void write_instant(json::Writer& out, std::string_view name, const std::optional<Timestamp>& at) {
  out.key(name);
  if (at) {
    out.integer(at->millis());
  } else {
    out.null();
  }
}

void write_switch(json::Writer& out, std::string_view name,
                  const std::optional<domain::PendingSwitch>& change) {
  out.key(name);
  if (!change) {
    out.null();
    return;
  }
  out.begin_object().field("product_id", std::string_view(change->product.id.str())).key("product");
  write_product(out, change->product);
  out.field("catalog_version", change->catalog_version)
      .field("price_id", std::string_view(change->price.str()))
      .field("quantity", change->quantity.value())
      .field("at", change->at.millis())
      .end_object();
}

// Reads one subscription; what is wrong with it goes to the errors, and something stands for it.
class SubscriptionReader {
 public:
  explicit SubscriptionReader(FieldErrors& errors) : errors_(errors) {}

  domain::Subscription read(const json::Value& document) {
    domain::Subscription out;
    ObjectReader in(document, "", errors_);
    const auto status = domain::parse_subscription_status(text(in, "status"));
    if (!status) in.add_error("status", "is no status");
    out.status = status.value_or(domain::SubscriptionStatus::kCanceled);
    out.anchor = instant(in, "anchor");
    out.current_period_start = instant(in, "current_period_start");
    out.current_period_end = instant(in, "current_period_end");
    out.paid_through = instant(in, "paid_through");
    out.trial_end = optional_instant(in, "trial_end");
    out.cancel_at_period_end = flag(in, "cancel_at_period_end");
    out.ended_at = optional_instant(in, "ended_at");
    out.pending = plan_switch(in, "pending");
    out.switching = plan_switch(in, "switching");
    out.switching_id = text(in, "switching_id");
    out.remote_ref = text(in, "remote_ref");
    in.finish();
    return out;
  }

 private:
  std::string text(ObjectReader& in, const char* name) {
    const json::Value* value = in.take_required(name);
    const std::string* found = value != nullptr ? value->as_string() : nullptr;
    if (found == nullptr) {
      in.add_error(in.path_of(name), "must be text");
      return {};
    }
    return *found;
  }

  std::int64_t integer(ObjectReader& in, const char* name) {
    const json::Value* value = in.take_required(name);
    const std::int64_t* found = value != nullptr ? value->as_int() : nullptr;
    if (found == nullptr) {
      in.add_error(in.path_of(name), "must be an integer");
      return 0;
    }
    return *found;
  }

  bool flag(ObjectReader& in, const char* name) {
    in.take_required(name);
    return in.take_bool(name, false);
  }

  Timestamp instant(ObjectReader& in, const char* name) {
    const auto at = Timestamp::from_millis(integer(in, name));
    if (!at) in.add_error(in.path_of(name), "is out of range");
    return at.value_or(Timestamp{});
  }

  std::optional<Timestamp> optional_instant(ObjectReader& in, const char* name) {
    const json::Value* value = in.take(name);
    if (value != nullptr && value->is_null()) return std::nullopt;
    return instant(in, name);
  }

  std::optional<domain::PendingSwitch> plan_switch(ObjectReader& outer, const char* name) {
    const json::Value* value = outer.take_required(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    domain::PendingSwitch change;
    ObjectReader in(*value, name, errors_);
    ProductId id(text(in, "product_id"));
    if (const json::Value* product = in.take_required("product"); product != nullptr) {
      auto decoded = decode_product(*product, std::move(id), in.path_of("product"));
      if (decoded) {
        change.product = *std::move(decoded);
      } else {
        in.add_error(in.path_of("product"), "is no product: " + decoded.error().message);
      }
    }
    change.catalog_version = integer(in, "catalog_version");
    change.price = PriceId(text(in, "price_id"));
    const auto quantity = Quantity::of(integer(in, "quantity"));
    if (!quantity) in.add_error(in.path_of("quantity"), "is out of range");
    change.quantity = quantity.value_or(Quantity{});
    change.at = instant(in, "at");
    in.finish();
    return change;
  }

  FieldErrors& errors_;
};

}  // namespace

std::string encode_snapshot(const domain::Product& product) {
  json::Writer out;
  write_product(out, product);
  return out.take();
}

Result<domain::Product> decode_snapshot(std::string_view text, ProductId id) {
  const auto document = json::parse(text);
  if (!document) {
    return Error::internal("a product snapshot is not JSON: " + document.error().message);
  }
  auto product = decode_product(*document, std::move(id), "snapshot");
  if (!product) {
    return Error::internal("a product snapshot is corrupt: " + product.error().message);
  }
  return product;
}

std::string encode_subscription(const domain::Subscription& subscription) {
  json::Writer out;
  out.begin_object().field("status", domain::to_string(subscription.status));
  write_instant(out, "anchor", subscription.anchor);
  write_instant(out, "current_period_start", subscription.current_period_start);
  write_instant(out, "current_period_end", subscription.current_period_end);
  write_instant(out, "paid_through", subscription.paid_through);
  write_instant(out, "trial_end", subscription.trial_end);
  out.field("cancel_at_period_end", subscription.cancel_at_period_end);
  write_instant(out, "ended_at", subscription.ended_at);
  write_switch(out, "pending", subscription.pending);
  write_switch(out, "switching", subscription.switching);
  out.field("switching_id", std::string_view(subscription.switching_id))
      .field("remote_ref", std::string_view(subscription.remote_ref))
      .end_object();
  return out.take();
}

Result<domain::Subscription> decode_subscription(std::string_view text) {
  const auto document = json::parse(text);
  if (!document) {
    return Error::internal("a subscription is not JSON: " + document.error().message);
  }
  FieldErrors errors;
  auto subscription = SubscriptionReader(errors).read(*document);
  if (!errors.empty()) {
    return Error::internal("a subscription is corrupt: " + errors.front().path + " " +
                           errors.front().message);
  }
  return subscription;
}

}  // namespace purser::codec
