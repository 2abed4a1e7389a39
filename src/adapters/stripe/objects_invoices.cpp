#include <algorithm>

#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/objects_fields.hpp"

namespace purser::stripe {
namespace {

app::InvoiceStatus read_status(Fields& fields) {
  const std::string text = fields.text("status");
  if (text == "open") return app::InvoiceStatus::kOpen;
  if (text == "paid") return app::InvoiceStatus::kPaid;
  if (text == "uncollectible") return app::InvoiceStatus::kUncollectible;
  if (text == "void") return app::InvoiceStatus::kVoid;
  if (text != "draft") fields.refuse("status");
  return app::InvoiceStatus::kDraft;
}

/// One line of an invoice.
struct Line {
  app::PlanPreview::Line line;
  bool is_subscription = false;  ///< of a subscription itself, not an item that was added to it
};

Result<Line> read_line(const json::Value& object) {
  Fields fields(object, "line_item");
  Line out;
  out.line.description = fields.text("description");
  out.line.amount = fields.integer("amount");
  out.line.is_proration = fields.flag("proration");
  out.is_subscription = fields.text("type") == "subscription";
  PURSER_CHECK_OK(fields.status());
  const json::Value* period = object.find("period");
  if (period == nullptr) return odd_answer("an invoice's line without period");
  Fields span(*period, "");
  out.line.period_start = span.time("start");
  out.line.period_end = span.time("end");
  PURSER_CHECK_OK(span.status());
  return out;
}

Result<std::vector<Line>> read_lines(const json::Value& invoice) {
  const json::Value* list = invoice.find("lines");
  PURSER_TRY(const json::Array* rows, rows_of(list, "an invoice's lines"));
  std::vector<Line> lines;
  for (const json::Value& row : *rows) {
    PURSER_TRY(Line line, read_line(row));
    lines.push_back(std::move(line));
  }
  return lines;
}

// What the invoice pays for. Its own period is that of usage, the one before, so the line's counts
// (Invoice object, period_end); items that somebody added by hand stand before the subscription's.
void read_period(const std::vector<Line>& lines, Fields& fields, app::RemoteInvoice& invoice) {
  const auto find = [&](bool of_subscription) {
    return std::find_if(lines.begin(), lines.end(), [&](const Line& line) {
      return !line.line.is_proration && (line.is_subscription || !of_subscription);
    });
  };
  auto line = find(true);
  if (line == lines.end()) line = find(false);
  if (line == lines.end()) {
    invoice.period_start = fields.time_if_any("period_start");
    invoice.period_end = fields.time_if_any("period_end");
  } else {
    invoice.period_start = line->line.period_start;
    invoice.period_end = line->line.period_end;
  }
}

/// The sums of a preview, counted up.
struct Sums {
  std::int64_t now = 0;
  std::int64_t renewal = 0;
  std::optional<Timestamp> renewal_at;
  bool overflow = false;

  void add(std::int64_t& sum, std::int64_t amount) {
    overflow = __builtin_add_overflow(sum, amount, &sum) || overflow;
  }
};

// Credit on the customer's balance (a negative one) lowers what is charged; what is owed there is
// charged with it. An invoice below zero charges nothing and becomes credit itself. Source:
// https://docs.stripe.com/billing/customer/balance
std::int64_t charged(Sums& sums, std::int64_t balance) {
  if (sums.now <= 0) return 0;
  std::int64_t due = sums.now;
  sums.add(due, balance);
  return std::max<std::int64_t>(due, 0);
}

// With another interval the new period begins at once, and its line is charged with the
// prorations; else it begins at the end of the current period, or of the trial. Source:
// https://docs.stripe.com/billing/subscriptions/change#immediate-payment
void count(const Line& line, bool prorate, Timestamp period_end, Sums& sums,
           app::PlanPreview& preview) {
  const bool begins_now = line.line.period_start < period_end;
  const bool due_now = prorate && (line.line.is_proration || begins_now);
  if (due_now) {
    sums.add(sums.now, line.line.amount);
    preview.lines.push_back(line.line);
  }
  if (!line.is_subscription || line.line.is_proration) return;
  sums.add(sums.renewal, line.line.amount);
  sums.renewal_at = due_now ? line.line.period_end : line.line.period_start;
}

}  // namespace

Result<app::RemoteInvoice> read_invoice(const json::Value& object) {
  Fields fields(object, "invoice");
  app::RemoteInvoice invoice;
  invoice.id = fields.id();
  invoice.number = fields.text("number");
  invoice.status = read_status(fields);
  invoice.total = fields.money("total");
  invoice.amount_paid = fields.amount("amount_paid");
  invoice.payment_ref = fields.reference("payment_intent");
  invoice.hosted_url = fields.url("hosted_invoice_url");
  invoice.customer = fields.needed_reference("customer");
  invoice.subscription = fields.reference("subscription");
  invoice.is_renewal = fields.text("billing_reason") == "subscription_cycle";
  invoice.created_at = fields.time("created");
  invoice.livemode = fields.flag("livemode");
  PURSER_TRY(const auto lines, read_lines(object));
  read_period(lines, fields, invoice);
  PURSER_CHECK_OK(fields.status());
  return invoice;
}

Result<app::PlanPreview> read_preview(const json::Value& object, bool prorate,
                                      Timestamp period_end) {
  Fields fields(object, "invoice");
  const Money balance = fields.money("starting_balance");
  PURSER_CHECK_OK(fields.status());
  PURSER_TRY(const auto lines, read_lines(object));
  if (object.find("lines")->bool_at("has_more").value_or(false)) {
    return odd_answer("an upcoming invoice of too many lines");
  }
  app::PlanPreview preview;
  Sums sums;
  for (const Line& line : lines) count(line, prorate, period_end, sums, preview);
  if (!sums.renewal_at) return odd_answer("an upcoming invoice without the next period");
  preview.due_now = Money(charged(sums, balance.minor_units()), balance.currency());
  preview.next_renewal = Money(sums.renewal, balance.currency());
  preview.next_renewal_at = *sums.renewal_at;
  if (sums.overflow) return odd_answer("sums that do not fit");
  return preview;
}

}  // namespace purser::stripe
