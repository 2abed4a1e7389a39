#include "app/refunds.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "app/final_error.hpp"
#include "app/money_back.hpp"
#include "app/purchase_book.hpp"

namespace purser::app {
namespace {

constexpr int kInvoices = 100;
constexpr Millis kSurelyLost{5LL * 60'000};  // longer than any call to the provider takes

Error purchase_not_found(const PurchaseId& id) {
  return {ErrorCode::kPurchaseNotFound,
          "No such purchase in this project.",
          {{"purchase_id", id.str()}}};
}
Error nothing_was_paid(const domain::Purchase& purchase) {
  return {
      ErrorCode::kTestModePurchaseNonRefundable,
      "Nothing was paid for this purchase, so nothing can be refunded.",
      {{"purchase_id", purchase.id.str()}, {"origin", std::string(to_string(purchase.origin))}}};
}

bool is_unanswered(const Refund& refund) {
  return refund.state == RefundState::kRequested && refund.remote_ref.empty();
}

/// What refunds under way would give back of an invoice.
struct UnderWay {
  std::int64_t amount = 0;
  Quantity quantity;
};
Result<UnderWay> under_way(const std::vector<Refund>& refunds, const Invoice& invoice) {
  UnderWay sum;
  Money amount(0, invoice.total.currency());
  for (const Refund& refund : refunds) {
    if (refund.state != RefundState::kRequested || refund.invoice != invoice.id) continue;
    PURSER_TRY(amount, amount.plus(refund.amount));
    const auto quantity = sum.quantity.plus(refund.quantity);
    if (!quantity) return Error::internal("refunds under way leave the range of quantities");
    sum.quantity = *quantity;
  }
  sum.amount = amount.minor_units();
  return sum;
}

/// What a refund is planned against.
struct Refundable {
  Invoice invoice;
  UnderWay under_way;
};
/// The newest paid invoice of which something is left; else the newest paid one; absent when
/// nothing was paid.
Result<std::optional<Refundable>> refundable_of(StoreBatch& batch,
                                                const domain::Purchase& purchase) {
  const ProjectId& project = purchase.customer.project;
  PURSER_TRY(const std::vector<Invoice> invoices,
             batch.invoices_of(project, purchase.id, kInvoices));
  PURSER_TRY(const std::vector<Refund> refunds, batch.refunds_of(project, purchase.id));
  std::optional<Refundable> newest;
  for (const Invoice& invoice : invoices) {
    if (invoice.amount_paid <= 0 || invoice.payment_ref.empty()) continue;
    PURSER_TRY(const UnderWay pending, under_way(refunds, invoice));
    if (!newest) newest = Refundable{invoice, pending};
    if (invoice.amount_paid - invoice.refunded > pending.amount) {
      return std::optional<Refundable>({invoice, pending});
    }
  }
  return newest;
}

/// Refunds under way are planned around as if they had succeeded.
Result<domain::RefundPlan> plan(domain::Purchase purchase,
                                const std::optional<Refundable>& refundable,
                                const domain::RefundOrder& order) {
  if (!refundable) {
    return domain::plan_refund(purchase, {Money(0, *Currency::parse("USD")), 0}, order);
  }
  const auto& [invoice, pending] = *refundable;
  const auto quantity = purchase.refunded_quantity.plus(pending.quantity);
  if (!quantity) return Error::internal("a refunded quantity out of range");
  purchase.refunded_quantity = std::min(*quantity, purchase.quantity);
  const std::int64_t refunded = std::min(invoice.amount_paid, invoice.refunded + pending.amount);
  return domain::plan_refund(
      purchase, {Money(invoice.amount_paid, invoice.total.currency()), refunded}, order);
}

Result<RemoteRefund> ask(PaymentProvider& provider, const ProviderCredentials& as,
                         const Refund& refund) {
  NewRefund wanted;
  wanted.payment_ref = refund.payment_ref;
  wanted.amount = refund.amount;
  wanted.reason = refund.reason;
  wanted.reference = refund.id;
  wanted.asked_at = refund.created_at;
  PURSER_TRY(RemoteRefund made, provider.create_refund(as, wanted, "purser-refund-" + refund.id));
  made.reference = refund.id;
  made.payment_ref = refund.payment_ref;
  return made;
}

}  // namespace

Refunds::Refunds(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
                 const Clock& clock, Ids& ids)
    : engine_(engine),
      store_(store),
      registry_(registry),
      access_(access),
      clock_(clock),
      ids_(ids) {}

Result<EngineReply> Refunds::refund(const std::shared_ptr<const ProjectContext>& context,
                                    const std::optional<IdempotencyScope>& scope,
                                    const RefundCommand& command, Encode encode) {
  PURSER_TRY(const Engine::Operation operation, engine_.start_operation(scope, ids_.unique_id()));
  if (operation.replay) return EngineReply{*operation.replay, true};
  const std::string& id = operation.id;
  const auto give_up = [&](const Error& error) {
    engine_.abandon_operation(scope);  // the same key resumes
    return error;
  };

  const Status caught_up = ask_again(*context, command.purchase, id);
  if (!caught_up) return give_up(caught_up.error());
  // Asked for here, because it may block; whether it matters is decided in the batch.
  const auto connection = access_.connect(*context);
  const auto requested =
      record_request(*context, id, command, connection ? Status() : Status(connection.error()));
  if (!requested && !is_final(requested.error())) return give_up(requested.error());
  std::optional<Result<RemoteRefund>> made;
  if (requested && is_unanswered(*requested)) {
    // An earlier attempt may have reached the provider: without a connection nothing is known.
    if (!connection) return give_up(connection.error());
    made = ask(access_.provider(), connection->as, *requested);
    if (!*made && !is_final(made->error())) return give_up(made->error());
  }
  auto reply = engine_.finish_operation(scope, id, [&](StoreBatch& batch) -> Result<Decision> {
    if (!requested) return Decision{encode(requested.error()), true, true, {}};
    if (made) PURSER_CHECK_OK(record_outcome(batch, *context, id, *made));
    PURSER_TRY(const std::optional<Refund> row, batch.refund(context->project.id, id));
    if (!row) return Error::internal("a recorded refund is gone");
    const bool refused = made && !*made && row->state == RefundState::kFailed;
    if (refused) return Decision{encode(made->error()), true, true, {}};
    return Decision{encode(*row), true, true, {}};
  });
  // Refused: perhaps because somebody gave the money back at the provider, unheard of here.
  if (made && !*made) (void)sync_payment(context->project.id, requested->payment_ref);
  return reply;
}

Result<Refund> Refunds::record_request(const ProjectContext& context, const std::string& id,
                                       const RefundCommand& command, const Status& payable) {
  Refund refund;
  const Status recorded = engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(std::optional<Refund> known, batch.refund(context.project.id, id));
    if (known) {
      refund = *std::move(known);
      return {};
    }
    PURSER_TRY(refund, decide(batch, context, command, payable));
    refund.id = id;
    return batch.insert_refund(refund);
  });
  if (!recorded) return recorded.error();
  return refund;
}

Result<Refund> Refunds::decide(StoreBatch& batch, const ProjectContext& context,
                               const RefundCommand& command, const Status& payable) {
  const ProjectId& project = context.project.id;
  PurchaseBook book(batch, ids_, grace_of(context.project.settings));
  PURSER_TRY(const std::optional<domain::Purchase> purchase, book.find(project, command.purchase));
  if (!purchase) return purchase_not_found(command.purchase);
  if (purchase->origin != domain::PurchaseOrigin::kStripe) return nothing_was_paid(*purchase);
  PURSER_TRY(const std::optional<Refundable> refundable, refundable_of(batch, *purchase));
  PURSER_TRY(const domain::RefundPlan planned, plan(*purchase, refundable, command.order));
  if (!refundable) return Error::internal("a refund was planned of what was not paid");
  PURSER_CHECK_OK(payable);
  const Invoice& invoice = refundable->invoice;
  Refund refund;
  refund.project = project;
  refund.purchase = purchase->id;
  refund.invoice = invoice.id;
  refund.payment_ref = invoice.payment_ref;
  refund.amount = Money(planned.amount, invoice.total.currency());
  // "All that is left" beside others under way may turn out not to be all: then it counts by its
  // amount.
  const bool by_amount = !command.order.quantity && refundable->under_way.amount > 0;
  if (!by_amount) refund.quantity = planned.quantity;
  refund.reason = command.reason;
  refund.created_at = batch.now();
  return refund;
}

Status Refunds::ask_again(const ProjectContext& context, const PurchaseId& purchase,
                          const std::string& except) {
  const ProjectId& project = context.project.id;
  PURSER_TRY(const std::vector<Refund> refunds, store_.view()->refunds_of(project, purchase));
  for (const Refund& refund : refunds) {
    const bool lost = is_unanswered(refund) && clock_.now() - refund.created_at >= kSurelyLost;
    if (!lost || refund.id == except) continue;
    PURSER_TRY(const ProviderConnection connection, access_.connect(context));
    const auto made = ask(access_.provider(), connection.as, refund);
    if (!made && !is_final(made.error())) return made.error();
    PURSER_CHECK_OK(engine_.apply(
        [&](StoreBatch& batch) { return record_outcome(batch, context, refund.id, made); }));
  }
  return {};
}

Status Refunds::record_outcome(StoreBatch& batch, const ProjectContext& context,
                               const std::string& id, const Result<RemoteRefund>& made) {
  const ProjectId& project = context.project.id;
  PurchaseBook book(batch, ids_, grace_of(context.project.settings));
  if (made) return record_refund(batch, book, project, *made);
  PURSER_TRY(std::optional<Refund> row, batch.refund(project, id));
  // An event may have told better meanwhile.
  if (!row || !is_unanswered(*row)) return {};
  row->state = RefundState::kFailed;
  row->error = made.error().message;
  return batch.update_refund(*row);
}

}  // namespace purser::app
