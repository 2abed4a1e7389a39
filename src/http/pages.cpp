#include "http/pages.hpp"

#include <kainjow/mustache.hpp>

#include "crypto/crypto.hpp"
#include "embedded/http_pages.hpp"

namespace purser::http {
namespace {

namespace embedded = purser::embedded::http_pages;
using kainjow::mustache::data;
using kainjow::mustache::mustache;

std::string render(std::string_view content, const std::string& title, const data& values) {
  mustache inner{std::string(content)};
  mustache layout{std::string(embedded::web_templates_layout_html)};
  data outer;
  outer.set("title", title);
  outer.set("style", std::string(embedded::web_static_page_css));
  outer.set("content", inner.render(values));
  return layout.render(outer);
}

// "month", "3 months".
std::string words_of(const CalendarInterval& interval) {
  const std::string unit(to_string(interval.unit));
  return interval.count == 1 ? unit : std::to_string(interval.count) + " " + unit + "s";
}

}  // namespace

std::string render_home(const std::string& version) {
  data values;
  values.set("version", version);
  return render(embedded::web_templates_home_html, "Purser", values);
}

std::string render_done(const app::DonePage& page) {
  using State = app::DonePage::State;
  data values;
  values.set("is_unknown", page.state == State::kUnknown);
  values.set("is_pending", page.state == State::kPending);
  values.set("is_granted", page.state == State::kGranted);
  values.set("is_expired", page.state == State::kExpired);
  values.set("is_refunded", page.state == State::kRefunded);
  values.set("product", page.product);
  values.set("seller", page.seller);
  return render(embedded::web_templates_done_html, "Your purchase", values);
}

std::string render_purchase(const app::PurchasePage& page, const PurchaseChoice& choice) {
  data prices(data::type::list);
  for (const domain::Price& price : page.prices) {
    data row;
    row.set("id", price.id.str());
    row.set("amount",
            price.amount.to_decimal() + " " + std::string(price.amount.currency().code()));
    row.set("period", price.interval ? "every " + words_of(*price.interval) : "once");
    row.set("is_chosen", price.id.str() == choice.price);
    if (price.free_trial) row.set("trial", "free for the first " + words_of(*price.free_trial));
    prices.push_back(row);
  }
  data values;
  values.set("product", page.checkout.product.display_name);
  values.set("seller", page.seller);
  values.set("prices", prices);
  values.set("stackable", page.stackable);
  values.set("quantity", choice.quantity);
  if (!choice.error.empty()) values.set("error", choice.error);
  return render(embedded::web_templates_purchase_html, page.checkout.product.display_name, values);
}

std::string render_message(const std::string& title, const std::string& message) {
  data values;
  values.set("title", title);
  values.set("message", message);
  return render(embedded::web_templates_message_html, title, values);
}

const std::string& style_digest() {
  static const std::string digest = [] {
    const crypto::Digest sum = crypto::sha256(embedded::web_static_page_css);
    return crypto::to_base64(std::string(sum.begin(), sum.end()));
  }();
  return digest;
}

}  // namespace purser::http
