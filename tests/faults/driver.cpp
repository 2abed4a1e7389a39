#include "tests/faults/driver.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace purser::faults {

namespace {

// How often a buyer looks whether the purchase has arrived before going on without it.
constexpr int kLooks = 15;
constexpr std::chrono::milliseconds kBetweenLooks{10};

std::string card_form(const char* number) {
  return std::string("number=") + number +
         "&expiry=12%20%2F%2090&cvc=123&name=Ada&email=ada%40example.com";
}

const char* number_of(Card card) {
  switch (card) {
    case Card::kDeclines:
      return "4000000000000002";
    case Card::kChallenged:
    case Card::kChallengeFails:
      return "4000000000003220";
    case Card::kDisputesLater:
      return "4000000000000259";
    case Card::kFailsLater:
      return "4000000000000341";
    default:
      return "4242424242424242";
  }
}

/// What follows the host in a URL.
std::string path_of(const std::string& url) {
  const auto host = url.find("://");
  const auto path = host == std::string::npos ? host : url.find('/', host + 3);
  return path == std::string::npos ? "" : url.substr(path);
}

json::Array rows_of(const Answer& answer, const char* member) {
  const json::Value* rows = answer.body.find(member);
  return rows != nullptr && rows->as_array() != nullptr ? *rows->as_array() : json::Array();
}

}  // namespace

/// One act of a journey, on one thread.
class Traveller::Stage {
 public:
  explicit Stage(Traveller& who)
      : who_(who),
        caller_(who.shop_, who.journey_.project, static_cast<std::size_t>(who.journey_.number)),
        base_("/customers/" + who.journey_.type + "/" + who.journey_.customer) {}
  ~Stage() {
    auto& complaints = who_.diary_.complaints;
    complaints.insert(complaints.end(), caller_.complaints.begin(), caller_.complaints.end());
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void play(const Step& step);

 private:
  Deed& act(StepKind kind, As as, const char* method, std::string path, std::string body,
            std::string key);
  Answer read(const std::string& path) { return caller_.ask(As::kServer, "GET", path, "", ""); }
  void complain(const std::string& what) { who_.diary_.complaints.push_back(what); }

  void arrive(const Step& step);
  void check_out(const Step& step);
  std::string choose(const std::string& page, const Step& step);
  void pay(const std::string& page, const Step& step);
  void wait_for_purchase(std::size_t before);
  void switch_plan(const Step& step);
  void resume(const Step& step);
  void refund(const Step& step);
  void in_dashboard(const Step& step);
  void dispute(const Step& step);
  void close_dispute(const Step& step);
  void use_card(const Step& step);
  void pay_invoice(const Step& step);
  void repeat();
  void look();
  std::string payment_of(const std::string& session);
  std::optional<std::string> chosen_payment(const Step& step);

  Traveller& who_;
  Caller caller_;
  const std::string base_;
};

void Traveller::play_act(std::size_t act) {
  first_deed_ = diary_.deeds.size();
  Stage stage(*this);
  for (const Step& step : journey_.acts.at(act)) stage.play(step);
}

void Traveller::Stage::play(const Step& step) {
  const std::string item = base_ + "/items/" + step.product;
  switch (step.kind) {
    case StepKind::kArrive:
      return arrive(step);
    case StepKind::kCheckout:
      return check_out(step);
    case StepKind::kSwitch:
    case StepKind::kPreview:
      return switch_plan(step);
    case StepKind::kCancel:
      act(step.kind, As::kServer, "DELETE",
          base_ + "/products/" + step.product + (step.at_once ? "?immediately=true" : ""), "",
          step.name);
      return;
    case StepKind::kResume:
      return resume(step);
    case StepKind::kRefund:
      return refund(step);
    case StepKind::kDashboardRefund:
    case StepKind::kDashboardCancel:
      return in_dashboard(step);
    case StepKind::kDispute:
      return dispute(step);
    case StepKind::kCloseDispute:
      return close_dispute(step);
    case StepKind::kChange:
      act(step.kind, As::kServer, "POST", item + "/quantity",
          "{\"change\":" + std::to_string(step.amount) + ",\"description\":\"" + step.name + "\"}",
          step.name);
      return;
    case StepKind::kTryDecrease:
      act(step.kind, As::kServer, "POST", item + "/try-decrease",
          "{\"amount\":" + std::to_string(step.amount) + ",\"description\":\"" + step.name + "\"}",
          step.name);
      return;
    case StepKind::kGrant:
      act(step.kind, As::kServer, "POST", base_ + "/products",
          "{\"product_id\":\"" + step.product + "\",\"quantity\":" + std::to_string(step.quantity) +
              "}",
          step.name);
      return;
    case StepKind::kUseCard:
      return use_card(step);
    case StepKind::kPayInvoice:
      return pay_invoice(step);
    case StepKind::kRepeat:
      return repeat();
    case StepKind::kLook:
      return look();
  }
}

Deed& Traveller::Stage::act(StepKind kind, As as, const char* method, std::string path,
                            std::string body, std::string key) {
  const Answer answer = caller_.ask(as, method, path, body, key);
  who_.diary_.deeds.push_back({kind, as, method, std::move(path), std::move(body), std::move(key),
                               answer.status, answer.text, ""});
  // The journeys ask for nothing that the shop does not know.
  const std::string code = answer.body.string_at("code").value_or("");
  for (const char* nonsense : {"SCHEMA_ERROR", "BODY_PARSING_ERROR", "ROUTE_NOT_FOUND",
                               "PRODUCT_DOES_NOT_EXIST", "PRICE_NOT_FOUND", "ITEM_NOT_FOUND",
                               "PAYMENTS_NOT_CONFIGURED", "IDEMPOTENCY_KEY_MISMATCH"}) {
    if (code == nonsense) complain(who_.diary_.deeds.back().path + ": " + answer.text);
  }
  return who_.diary_.deeds.back();
}

void Traveller::Stage::arrive(const Step& step) {
  const std::string path = "/" + who_.journey_.type + "s";
  const Deed& deed = act(step.kind, As::kServer, "POST", path,
                         "{\"id\":\"" + who_.journey_.customer + "\"}", step.name);
  if (deed.status != 201) complain(path + ": " + deed.answer);
}

/// Chooses the price on the purchase page; the page where it is paid, empty when the choice was
/// refused, as when another tab was faster.
std::string Traveller::Stage::choose(const std::string& page, const Step& step) {
  const auto choice = [](const std::string& price) { return "price_id=" + price + "&quantity=1"; };
  if (!step.price_before.empty()) caller_.submit(page, choice(step.price_before));
  const Answer answer = caller_.submit(page, choice(step.price));
  // Another checkout of this customer's may have been paid since the page was opened.
  const bool owned = answer.text.find("already owns product") != std::string::npos;
  if ((answer.status == 400 && !owned) || answer.status == 500) {
    complain(page + ": " + answer.text);
  }
  return answer.status == 303 ? path_of(answer.location) : "";
}

void Traveller::Stage::check_out(const Step& step) {
  std::string body = "{\"product_id\":\"" + step.product + "\"";
  if (!step.on_page) body += ",\"price_id\":\"" + step.price + "\"";
  if (step.quantity > 0) body += ",\"quantity\":" + std::to_string(step.quantity);
  const std::size_t before = rows_of(read(base_ + "/transactions?limit=100"), "items").size();
  std::vector<std::string> pages;
  for (int tab = 0; tab < step.tabs; ++tab) {
    Deed& deed = act(step.kind, As::kServer, "POST", base_ + "/checkout", body + "}",
                     step.name + "-" + std::to_string(tab));
    const auto answer = json::parse(deed.answer);
    std::string page = answer ? path_of(answer->string_at("url").value_or("")) : "";
    if (deed.status != 200) continue;
    if (step.on_page && page.rfind("/purchase/", 0) == 0) {
      page = choose(page, step);
      if (page.empty()) continue;
    }
    if (page.rfind("/c/pay/", 0) != 0) {
      complain(deed.path + ": a checkout leads to " + deed.answer);
      continue;
    }
    deed.session = page.substr(7);
    pages.push_back(page);
  }
  for (const std::string& page : pages) pay(page, step);
  if (!pages.empty() && step.card != Card::kNone) wait_for_purchase(before);
}

void Traveller::Stage::pay(const std::string& page, const Step& step) {
  if (step.card == Card::kNone) return;
  if (step.card == Card::kDeclinesThenPays) {
    caller_.page("POST", page, card_form(number_of(Card::kDeclines)));
  }
  const Answer answer = caller_.page("POST", page, card_form(number_of(step.card)));
  if (step.card == Card::kChallenged || step.card == Card::kChallengeFails) {
    caller_.page("POST", page + "/challenge",
                 step.card == Card::kChallenged ? "outcome=complete" : "outcome=fail");
  }
  // Asked for again after a death, the page says that the checkout is over.
  if (answer.status == 303 || answer.status == 200) who_.paid_sessions_.push_back(page.substr(7));
}

/// What follows is about the purchase, so buyers wait for it, though not for ever.
void Traveller::Stage::wait_for_purchase(std::size_t before) {
  for (int i = 0; i < kLooks; ++i) {
    if (rows_of(read(base_ + "/transactions?limit=100"), "items").size() > before) return;
    pause_for(kBetweenLooks);
  }
}

void Traveller::Stage::switch_plan(const Step& step) {
  std::string body = "{\"from_product_id\":\"" + step.from + "\",\"to_product_id\":\"" +
                     step.product + "\",\"price_id\":\"" + step.price + "\"";
  if (!step.at_once) body += ",\"effective\":\"period_end\"";
  body += "}";
  const std::string path = base_ + "/switch-subscription";
  if (step.kind == StepKind::kPreview) {
    const Answer shown = caller_.ask(As::kServer, "POST", path + "/preview", body, "");
    if (shown.status == 200 && !shown.body.int_at("due_now")) complain(path + ": " + shown.text);
    return;
  }
  const Deed& deed = act(step.kind, As::kServer, "POST", path, std::move(body), step.name);
  if (deed.status != 200) return;
  const auto answer = json::parse(deed.answer);
  const json::Value* now = answer ? answer->find("subscription") : nullptr;
  const auto* pending = now != nullptr ? now->find("pending_switch") : nullptr;
  const auto is_there = [&step](const json::Value* plan) {
    return plan != nullptr && plan->string_at("product_id") == step.product;
  };
  // Sent again after a loss, a later change may have become the present plan, or was it already.
  if (!is_there(now) && (step.at_once || !is_there(pending))) {
    complain(path + ": " + step.name + " was acknowledged with " + deed.answer);
  }
}

void Traveller::Stage::resume(const Step& step) {
  for (const json::Value& row : rows_of(read(base_ + "/products"), "items")) {
    const json::Value* subscription = row.find("subscription");
    if (row.string_at("id") != step.product || subscription == nullptr) continue;
    const auto id = subscription->string_at("subscription_id");
    if (!id) continue;
    act(step.kind, As::kServer, "POST", base_ + "/subscriptions/" + *id + "/resume", "", step.name);
    return;
  }
}

void Traveller::Stage::refund(const Step& step) {
  const json::Array rows = rows_of(read(base_ + "/invoices?limit=100"), "items");
  if (rows.empty()) return;
  const auto purchase = rows[step.pick % rows.size()].string_at("purchase_id");
  std::string body = "{}";
  if (step.amount > 0) body = "{\"amount\":" + std::to_string(step.amount) + "}";
  if (step.quantity > 0) body = "{\"quantity\":" + std::to_string(step.quantity) + "}";
  act(step.kind, As::kAdmin, "POST", "/purchases/" + purchase.value_or("") + "/refund", body,
      step.name);
}

/// The payment of a session: its own, or that of its subscription's latest invoice.
std::string Traveller::Stage::payment_of(const std::string& session) {
  const Answer shown = caller_.stripe("GET", "/v1/checkout/sessions/" + session, "");
  if (const auto own = shown.body.string_at("payment_intent")) return *own;
  const auto subscription = shown.body.string_at("subscription");
  if (!subscription) return "";
  const Answer now = caller_.stripe("GET", "/v1/subscriptions/" + *subscription, "");
  const auto invoice = now.body.string_at("latest_invoice");
  if (!invoice) return "";
  return caller_.stripe("GET", "/v1/invoices/" + *invoice, "")
      .body.string_at("payment_intent")
      .value_or("");
}

std::optional<std::string> Traveller::Stage::chosen_payment(const Step& step) {
  const auto& sessions = who_.paid_sessions_;
  if (sessions.empty()) return std::nullopt;
  const std::string payment = payment_of(sessions[step.pick % sessions.size()]);
  if (payment.empty()) return std::nullopt;
  return payment;
}

void Traveller::Stage::in_dashboard(const Step& step) {
  if (step.kind == StepKind::kDashboardRefund) {
    const auto payment = chosen_payment(step);
    if (!payment) return;
    std::string form = "payment_intent=" + *payment;
    if (step.amount > 0) form += "&amount=" + std::to_string(step.amount);
    caller_.stripe("POST", "/v1/refunds", form);
    return;
  }
  const auto& sessions = who_.paid_sessions_;
  if (sessions.empty()) return;
  const Answer shown =
      caller_.stripe("GET", "/v1/checkout/sessions/" + sessions[step.pick % sessions.size()], "");
  const auto subscription = shown.body.string_at("subscription");
  if (subscription) caller_.stripe("DELETE", "/v1/subscriptions/" + *subscription, "");
}

void Traveller::Stage::dispute(const Step& step) {
  const auto payment = chosen_payment(step);
  if (payment) caller_.page("POST", "/_sandbox/disputes", "payment_intent=" + *payment);
}

void Traveller::Stage::close_dispute(const Step& step) {
  const auto payment = chosen_payment(step);
  if (!payment) return;
  const Answer found = caller_.stripe("GET", "/v1/disputes?payment_intent=" + *payment, "");
  for (const json::Value& row : rows_of(found, "data")) {
    if (row.string_at("status") != "needs_response") continue;
    caller_.stripe("POST", "/v1/disputes/" + row.string_at("id").value_or(""),
                   std::string("evidence[uncategorized_text]=") +
                       (step.at_once ? "winning_evidence" : "losing_evidence"));
    return;
  }
}

void Traveller::Stage::use_card(const Step& step) {
  const Deed& intent = act(step.kind, As::kServer, "POST", base_ + "/payment-method-setup-intent",
                           "", step.name + "-intent");
  const auto answer = json::parse(intent.answer);
  const std::string secret = answer ? answer->string_at("client_secret").value_or("") : "";
  if (intent.status != 200 || secret.empty()) return;
  caller_.page("POST", "/c/setup/" + secret, card_form(number_of(step.card)));
  act(step.kind, As::kServer, "POST", base_ + "/default-payment-method",
      "{\"setup_intent_id\":\"" + secret.substr(0, secret.find("_secret_")) + "\"}", step.name);
}

void Traveller::Stage::pay_invoice(const Step& step) {
  for (const json::Value& row : rows_of(read(base_ + "/invoices?limit=100"), "items")) {
    if (row.string_at("status") != "open") continue;
    const std::string page = path_of(row.string_at("hosted_url").value_or(""));
    if (!page.empty()) caller_.page("POST", page, card_form(number_of(step.card)));
    return;
  }
}

/// The same request under the same key has the same answer, to the byte. Only within an act: keys
/// are kept for a week.
void Traveller::Stage::repeat() {
  const auto& deeds = who_.diary_.deeds;
  if (deeds.size() == who_.first_deed_) return;
  const Deed& last = deeds.back();
  const Answer again = caller_.ask(last.as, last.method.c_str(), last.path, last.body, last.key);
  if (again.status == 0 || last.status == 0) return;
  if (again.status != last.status || again.text != last.answer || !again.replayed) {
    complain(last.key + ": its second answer differs from the first: " + again.text + " after " +
             last.answer);
  }
}

void Traveller::Stage::look() {
  const std::string ledger = "/items/" + shelved(who_.journey_.type, "credits") + "/ledger";
  for (const std::string& what :
       {std::string("/items"), std::string("/products"), std::string("/invoices"),
        std::string("/transactions"), std::string("/billing"), ledger}) {
    const Answer answer = read(base_ + what);
    if (answer.status != 200) complain(base_ + what + ": " + answer.text);
  }
}

}  // namespace purser::faults
