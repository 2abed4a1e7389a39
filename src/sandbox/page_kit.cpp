#include "sandbox/page_kit.hpp"

#include "embedded/sandbox_pages.hpp"
#include "sandbox/amounts.hpp"
#include "sandbox/document.hpp"

namespace purser::sandbox {
namespace {

namespace pages = embedded::sandbox_pages;
using kainjow::mustache::data;

}  // namespace

// There is no form-action: browsers would apply it to the redirect to the seller's page.
net::Response html(int status, std::string_view page, data& values) {
  values.set("style", std::string(pages::web_templates_sandbox_style_css));
  kainjow::mustache::mustache page_template{std::string(page)};
  net::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.headers = {{"cache-control", "no-store"},
                      {"content-security-policy",
                       "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                       "frame-ancestors 'none'"},
                      {"referrer-policy", "no-referrer"},
                      {"x-content-type-options", "nosniff"}};
  response.body = page_template.render(values);
  return response;
}

net::Response see_other(const std::string& url) {
  net::Response response;
  response.status = 303;
  response.content_type = "text/plain; charset=utf-8";
  response.headers = {
      {"location", url}, {"cache-control", "no-store"}, {"referrer-policy", "no-referrer"}};
  return response;
}

net::Response message_page(int status, const std::string& title, const std::string& message,
                           const std::string& link, const std::string& link_text) {
  data values;
  values.set("title", title);
  values.set("message", message);
  if (!link.empty()) {
    data target;
    target.set("url", link);
    target.set("text", link_text);
    values.set("link", data{target});
  }
  return html(status, pages::web_templates_sandbox_message_html, values);
}

net::Response not_found_page() {
  return message_page(404, "Not found", "There is no such page in this sandbox.", "", "");
}

net::Response bank_page(const std::string& action, const std::string& question) {
  data values;
  values.set("action", action);
  values.set("question", question);
  return html(200, pages::web_templates_sandbox_challenge_html, values);
}

net::Response onboarding_page(data& values) {
  return html(200, pages::web_templates_sandbox_onboarding_html, values);
}

net::Response card_page(const CardPage& page) {
  data values;
  values.set("title", page.title);
  values.set("intro", page.intro);
  values.set("has_intro", data{!page.intro.empty()});
  values.set("action", page.action);
  values.set("button", page.button);
  values.set("rows", page.rows);
  values.set("total", page.total);
  values.set("has_rows", data{!page.total.empty()});
  values.set("return_url", page.return_url);
  values.set("message", page.message);
  values.set("has_message", data{!page.message.empty()});
  values.set("name", page.name);
  values.set("expiry", page.expiry);
  values.set("seller_link", page.seller_link);
  values.set("has_seller_link", data{!page.seller_link.empty()});
  return html(page.message.empty() ? 200 : 402, pages::web_templates_sandbox_card_html, values);
}

data line_rows(const json::Value& lines, const char* field, Currency currency) {
  data rows{data::type::list};
  if (lines.as_array() == nullptr) return rows;
  for (const json::Value& item : *lines.as_array()) {
    data row;
    row.set("description", text_at(item, "description"));
    row.set("quantity", std::to_string(int_at(item, "quantity")));
    row.set("amount", display_amount(int_at(item, field), currency));
    rows << row;
  }
  return rows;
}

std::string typed(Params& params, const std::string& name) {
  return params.text(name, 500).value_or("");
}

CardForm typed_card(Params& params) {
  return {typed(params, "number"), typed(params, "expiry"), typed(params, "cvc")};
}

std::string safe_return_url(const std::string& url) {
  auto parsed = Params::parse({{"url", url}});
  auto* params = std::get_if<Params>(&parsed);
  if (params == nullptr || url.size() > 2000) return {};
  (void)params->url("url");
  return params->finish() ? std::string() : url;
}

std::string with_query(const std::string& url, const std::string& query) {
  const std::size_t fragment = url.find('#');
  const std::string base = url.substr(0, fragment);
  return base + (base.find('?') == std::string::npos ? "?" : "&") + query +
         (fragment == std::string::npos ? "" : url.substr(fragment));
}

}  // namespace purser::sandbox
