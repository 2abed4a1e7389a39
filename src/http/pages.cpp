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

}  // namespace

std::string render_home(const std::string& version) {
  data values;
  values.set("version", version);
  return render(embedded::web_templates_home_html, "Purser", values);
}

std::string render_done(const DonePage& page) {
  data values;
  values.set("is_known", !page.product.empty());
  values.set("is_granted", page.is_granted);
  values.set("product", page.product);
  values.set("seller", page.seller);
  return render(embedded::web_templates_done_html, "Thank you", values);
}

const std::string& style_digest() {
  static const std::string digest = [] {
    const crypto::Digest sum = crypto::sha256(embedded::web_static_page_css);
    return crypto::to_base64(std::string(sum.begin(), sum.end()));
  }();
  return digest;
}

}  // namespace purser::http
