// The audit of the journeys must be able to fail: each of these books is wrong in one place.

#include "tests/faults/books_audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace purser::faults {
namespace {

using ::testing::HasSubstr;

/// What both sides have written, and what customers were told.
struct Books {
  ProviderBooks provider;
  SellerBooks seller;
  std::vector<Diary> diaries;
};

Findings audited(const Books& books) {
  Findings findings;
  audit_books(books.provider, books.seller, books.diaries, findings);
  return findings;
}

/// One customer bought two packs and a plan, got one of the packs' price back, and spent something.
Books good_books() {
  Books books;
  ProviderBooks& provider = books.provider;
  provider.customers = {{"cus_1", "j0"}};
  provider.sessions = {{"cs_1", "complete", "paid", "c1", "cus_1", "pi_1", "", "", 1000},
                       {"cs_2", "complete", "paid", "c2", "cus_1", "", "sub_1", "in_1", 4900},
                       {"cs_3", "expired", "unpaid", "c3", "cus_1", "", "", "", 500}};
  provider.subscriptions = {{"sub_1", "active", "c2", 2'000, false}};
  provider.invoices = {{"in_1", "sub_1", "pi_2", "paid", 4900}};
  provider.charges = {{"ch_1", "succeeded", "pi_1", "", 1000, 500},
                      {"ch_0", "failed", "pi_2", "in_1", 4900, 0},
                      {"ch_2", "succeeded", "pi_2", "in_1", 4900, 0}};
  provider.refunds = {{"re_1", "succeeded", "ch_1", "pi_1", 500}};
  provider.disputes = {{"dp_1", "won", "pi_2"}};

  SellerBooks& seller = books.seller;
  seller.purchases = {{"p1", "j0", "pack", "pi_1", "", "", 2, 0, 0, 0, false},
                      {"p2", "j0", "pro", "pi_2", "sub_1", "active", 1, 0, 0, 2'000'000, false},
                      {"p3", "j0", "gift", "", "", "", 1, 0, 2, 0, false}};
  seller.checkouts = {
      {"c1", "j0", "cs_1", "p1", 2}, {"c2", "j0", "cs_2", "p2", 2}, {"c3", "j0", "cs_3", "", 3}};
  seller.invoices = {{"p1", "p1", "pi_1", 1000, 500, 2}, {"in_1", "p2", "pi_2", 4900, 0, 2}};
  seller.refunds = {{"r1", "p1", "pi_1", "re_1", 500, 1}};
  seller.disputes = {{"dp_1", "pi_2", 1}};
  seller.entries = {
      {"j0", "credits", "p1", "", 200, 200, 1, 2}, {"j0", "seats", "p2", "", 20, 20, 1, 2},
      {"j0", "calls", "p2", "", 1000, 1000, 1, 2}, {"j0", "calls", "p2", "", 1000, 2000, 9, 3},
      {"j0", "credits", "p3", "", 10, 210, 2, 2},  {"j0", "credits", "", "j0-1-0", -30, 180, 3, 1}};
  Diary diary;
  diary.customer = "j0";
  const auto deed = [&diary](StepKind kind, const char* key, const char* answer) -> Deed& {
    diary.deeds.push_back({kind, As::kServer, "POST", "/x", "{}", key, 200, answer, ""});
    return diary.deeds.back();
  };
  deed(StepKind::kCheckout, "k1", R"({"url":"x"})").session = "cs_1";
  deed(StepKind::kCheckout, "k2", R"({"url":"x"})").session = "cs_2";
  deed(StepKind::kCheckout, "k3", R"({"url":"x"})").session = "cs_3";
  deed(StepKind::kGrant, "k4", R"({"purchase_id":"p3"})");
  deed(StepKind::kTryDecrease, "j0-1-0", R"({"success":true})");
  deed(StepKind::kRefund, "k6", R"({"refund":{"id":"r1","amount":500}})");
  books.diaries = {diary};
  for (auto& session : provider.sessions) session.account = "acct_1";
  for (auto& subscription : provider.subscriptions) subscription.account = "acct_1";
  for (auto& purchase : seller.purchases) purchase.project = "shop";
  for (auto& checkout : seller.checkouts) checkout.project = "shop";
  seller.accounts = {{"shop", "acct_1"}, {"market", "acct_2"}, {"new", ""}};
  seller.strangers = {{"evt_1live", 3}};
  return books;
}

TEST(BooksAudit, FindsNothingInGoodBooks) {
  const Findings findings = audited(good_books());
  EXPECT_EQ(findings.violation_count, 0U)
      << (findings.violations.empty() ? "" : findings.violations.front());
}

struct Damage {
  const char* name;
  std::function<void(Books&)> spoil;
  const char* complaint;
};

class Damaged : public ::testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsNoticed) {
  Books books = good_books();
  GetParam().spoil(books);
  const Findings findings = audited(books);
  ASSERT_GT(findings.violation_count, 0U);
  EXPECT_THAT(findings.violations, ::testing::Contains(HasSubstr(GetParam().complaint)));
}

const Damage kDamages[] = {
    {"OneChargeMore",
     [](Books& b) {
       b.provider.charges.push_back({"ch_9", "succeeded", "pi_1", "", 1000, 0});
     },
     "charged more than once"},
    {"AnInvoiceChargedTwice",
     [](Books& b) {
       b.provider.charges.push_back({"ch_9", "succeeded", "pi_9", "in_1", 4900, 0});
     },
     "charged more than once"},
    {"AChargeThatNobodyKnows",
     [](Books& b) {
       b.provider.charges.push_back({"ch_9", "succeeded", "pi_9", "", 700, 0});
     },
     "no invoice knows it"},
    {"AnotherAmount", [](Books& b) { b.seller.invoices[0].amount_paid = 999; }, "were charged"},
    {"ARefundThatIsNotCounted", [](Books& b) { b.seller.invoices[0].refunded = 0; },
     "were given back"},
    {"ARefundThatNobodyKnows", [](Books& b) { b.seller.refunds.clear(); },
     "Purser does not know it"},
    {"ARefundThatWasNotMade",
     [](Books& b) {
       b.seller.refunds.push_back({"r2", "p1", "pi_1", "re_2", 100, 1});
     },
     "it was not made"},
    {"ARefundUnderWay",
     [](Books& b) {
       b.seller.refunds.push_back({"r2", "p1", "pi_1", "", 100, 0});
     },
     "still under way"},
    {"MoreGivenBackThanPaid", [](Books& b) { b.provider.charges[0].refunded = 1500; },
     "do not add up"},
    {"AMissingGrant", [](Books& b) { b.seller.entries.erase(b.seller.entries.begin() + 1); },
     "instead of 20"},
    {"AMissingPurchase", [](Books& b) { b.seller.purchases.erase(b.seller.purchases.begin()); },
     "its purchase is missing"},
    {"APaidSessionThatIsOpen", [](Books& b) { b.seller.checkouts[0].state = 1; },
     "its checkout is in state 1"},
    {"AGrantWithoutPayment",
     [](Books& b) {
       b.seller.purchases.push_back({"p9", "j0", "gift", "pi_9", "", "", 1, 0, 0, 0, false});
     },
     "granted without a payment"},
    {"AGrantTwice",
     [](Books& b) {
       b.seller.entries.push_back({"j0", "credits", "p1", "", 200, 380, 4, 2});
     },
     "gave its credits 2 times"},
    {"ASettledSessionThatWasNotPaid",
     [](Books& b) { b.provider.sessions[0].payment_status = "unpaid"; }, "was never paid"},
    {"ARepeatTwice",
     [](Books& b) {
       b.seller.entries.push_back({"j0", "calls", "p2", "", 1000, 3000, 9, 3});
     },
     "repeated calls twice"},
    {"ALedgerWithAHole", [](Books& b) { b.seller.entries.back().quantity_after = 181; },
     "does not add up"},
    {"ATryDecreaseIntoDebt",
     [](Books& b) {
       b.seller.entries.push_back({"j0", "bonus", "", "j0-9", -1, -1, 4, 1});
     },
     "made a debt"},
    {"TwoPlans",
     [](Books& b) {
       b.seller.purchases.push_back({"p9", "j0", "basic", "", "", "active", 1, 0, 2, 0, false});
     },
     "more than one plan"},
    {"AnotherStatus", [](Books& b) { b.provider.subscriptions[0].status = "past_due"; },
     "is past_due, Purser says active"},
    {"AnotherPeriod", [](Books& b) { b.provider.subscriptions[0].period_end = 2'001; },
     "period ends"},
    {"ACancellationNotHeardOf",
     [](Books& b) { b.provider.subscriptions[0].cancels_at_period_end = true; }, "not agreed on"},
    {"ASubscriptionThatGoesOn", [](Books& b) { b.seller.purchases[1].status = 2; },
     "goes on at Stripe"},
    {"ASubscriptionThatNobodyKnows",
     [](Books& b) {
       b.provider.subscriptions.push_back({"sub_9", "active", "c9", 1, false});
     },
     "no purchase knows it"},
    {"ADisputeNotHeardOf", [](Books& b) { b.seller.disputes.clear(); }, "Purser does not know it"},
    {"ADisputeInAnotherState", [](Books& b) { b.seller.disputes[0].state = 0; },
     "Purser has it in state 0"},
    {"TwoCustomers",
     [](Books& b) {
       b.provider.customers["cus_2"] = "j0";
       b.provider.sessions[1].customer = "cus_2";
     },
     "more than one customer"},
    {"AnAlarm",
     [](Books& b) {
       b.seller.alarms.push_back({"payment.alarm", "", "amount", "{}"});
     },
     "payment.alarm"},
    {"AnEventLeft",
     [](Books& b) {
       b.seller.waiting.push_back({"evt_1", "charge.refunded", "pi_1", "", false});
     },
     "not done: event"},
    {"AnIntentionLeft",
     [](Books& b) {
       b.seller.intentions.push_back({"i1", "end_subscription", "sub_1", ""});
     },
     "not done: end_subscription"},
    {"ARefundLeftWhenTheBankWasFirst",
     [](Books& b) {
       b.provider.disputes.push_back({"dp_2", "lost", "pi_9"});
       b.seller.intentions.push_back({"i1", "refund_payment", "pi_9", ""});
     },
     "not done: refund_payment"},
    {"AnEndedSubscriptionWhoseMoneyStays",
     [](Books& b) {
       b.seller.alarms.push_back({"checkout.alarm", "", "subscription has ended", "{}"});
     },
     "checkout.alarm"},
    {"AnAcknowledgedChangeLost", [](Books& b) { b.seller.entries.pop_back(); },
     "took effect 0 times"},
    {"ARefusedChangeDone", [](Books& b) { b.diaries[0].deeds[4].answer = R"({"success":false})"; },
     "took effect 1 times"},
    {"AnAcknowledgedGrantLost",
     [](Books& b) { b.diaries[0].deeds[3].answer = R"({"purchase_id":"p8"})"; }, "does not exist"},
    {"AGrantThatNobodyAskedFor",
     [](Books& b) { b.diaries[0].deeds.erase(b.diaries[0].deeds.begin() + 3); },
     "grants were acknowledged"},
    {"AnAcknowledgedRefundLost",
     [](Books& b) { b.diaries[0].deeds[5].answer = R"({"refund":{"id":"r9","amount":500}})"; },
     "its refund is gone"},
    {"AnAcknowledgedSwitchLost",
     [](Books& b) {
       Deed& deed = b.diaries[0].deeds[0];
       deed.kind = StepKind::kSwitch;
       deed.body = R"({"to_product_id":"max"})";
       deed.answer = R"({"subscription":{"id":"p2"}})";
     },
     "never became max"},
    {"ASessionInAnotherAccount", [](Books& b) { b.provider.sessions[2].account = "acct_2"; },
     "session cs_3: is in the account of another project"},
    {"ASubscriptionInAnotherAccount",
     [](Books& b) { b.provider.subscriptions[0].account = "acct_2"; },
     "purchase p2: its subscription is in another project's account"},
    {"TwoProjectsInOneAccount", [](Books& b) { b.seller.accounts["new"] = "acct_2"; },
     "sells through the account of another one"},
    {"AStrangersEventThatIsTaken", [](Books& b) { b.seller.strangers[0].state = 1; },
     "evt_1live: was for somebody else"},
    {"APageWithoutAChoiceIsNoCheckoutThatIsGone",
     [](Books& b) {
       b.diaries[0].deeds[2].session.clear();
       b.diaries[0].deeds[2].answer = R"({"url":"http://x/purchase/y"})";
       b.seller.checkouts.pop_back();
     },
     "3 checkouts were acknowledged and 0 are unknown, and there are 2"},
    {"AComplaint", [](Books& b) { b.diaries[0].complaints.push_back("an answer of 500"); },
     "an answer of 500"}};

std::string name_of(const ::testing::TestParamInfo<Damage>& damage) { return damage.param.name; }

INSTANTIATE_TEST_SUITE_P(BooksAudit, Damaged, ::testing::ValuesIn(kDamages), name_of);

TEST(RepeatsAudit, NoticesAGapAndOneTooMany) {
  const auto at = [](const char* text) { return Timestamp::parse_iso8601(text).value(); };
  SellerBooks seller;
  SellerBooks::Purchase plan{"p2", "j0", "pro", "pi_2", "sub_1", "active", 1, 0, 0, 0, false};
  plan.anchor = at("2044-01-31T00:00:00Z").millis();
  plan.paid_through = at("2044-04-30T00:00:00Z").millis();
  seller.purchases = {plan};
  const auto grant = [&](const char* day) {
    seller.entries.push_back({"j0", "calls", "p2", "", 1000, 0, at(day).millis(), 3});
  };
  const auto complaints = [&] {
    Findings findings;
    audit_repeats(seller, at("2044-04-30T12:00:00Z"), findings);
    return findings.violation_count;
  };
  grant("2044-02-29T00:00:00Z");
  EXPECT_EQ(complaints(), 1U) << "March is missing";
  grant("2044-03-31T00:00:00Z");
  EXPECT_EQ(complaints(), 0U);
  grant("2044-04-30T00:00:00Z");
  EXPECT_EQ(complaints(), 1U) << "April is not paid yet";
  seller.transactions = {{"p2", "basic", 4}};
  EXPECT_EQ(complaints(), 0U) << "a change of plan may move repeats";
}

TEST(Journeys, EveryTypeOfCustomerHasItsOwnShelf) {
  for (const char* type : {"custom", "user", "team"}) {
    EXPECT_EQ(plain(shelved(type, "pack")), "pack") << type;
    EXPECT_NE(journeys_catalog().find("\"" + shelved(type, "pack") + "\""), std::string::npos);
  }
  EXPECT_NE(shelved("user", "pack"), shelved("team", "pack"));
  EXPECT_TRUE(json::parse(journeys_catalog()));
}

TEST(Journeys, AreDecidedByTheSeedAlone) {
  for (const int number : {0, 7, 99}) {
    const Journey once = plan_journey(5, number, 5);
    const Journey again = plan_journey(5, number, 5);
    EXPECT_EQ(once.type, again.type);
    EXPECT_EQ(once.project, again.project);
    ASSERT_EQ(once.acts.size(), again.acts.size());
    std::set<std::string> names;
    for (std::size_t act = 0; act < once.acts.size(); ++act) {
      ASSERT_EQ(once.acts[act].size(), again.acts[act].size());
      for (std::size_t i = 0; i < once.acts[act].size(); ++i) {
        const Step& step = once.acts[act][i];
        EXPECT_EQ(step.kind, again.acts[act][i].kind);
        EXPECT_EQ(step.product, again.acts[act][i].product);
        EXPECT_EQ(step.pick, again.acts[act][i].pick);
        EXPECT_TRUE(names.insert(step.name).second) << step.name;
      }
    }
  }
}

}  // namespace
}  // namespace purser::faults
