#include <gtest/gtest.h>

#include "adapters/stripe/objects.hpp"

namespace purser::stripe {
namespace {

using app::ProviderObject;

std::string event_json(const std::string& type, const std::string& object) {
  return R"({"id":"evt_1","object":"event","type":")" + type +
         R"(","livemode":false,"data":{"object":)" + object + "}}";
}

TEST(Event, ReadsTheEnvelope) {
  const auto event =
      read_event(R"({"id":"evt_1","object":"event","type":"balance.available","livemode":true,)"
                 R"("data":{"object":{"object":"balance"}}})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->object_id, "");
  EXPECT_EQ(event->account, "");
  EXPECT_EQ(event->about, ProviderObject::kOther);
  EXPECT_EQ(event->subject, "");
  EXPECT_TRUE(event->livemode);
}

struct About {
  const char* type;
  const char* object;
  ProviderObject about;
  const char* subject;
};

TEST(Event, SaysWhatItIsAbout) {
  constexpr const char* kCharge = R"({"id":"ch_1","object":"charge","payment_intent":"pi_1"})";
  constexpr const char* kRefund = R"({"id":"re_1","object":"refund","payment_intent":"pi_2"})";
  constexpr const char* kPlain = R"({"id":"x_1"})";
  constexpr const char* kOfSubscription = R"({"id":"in_1","subscription":"sub_1"})";
  constexpr const char* kExpanded = R"({"id":"in_1","subscription":{"id":"sub_2"}})";
  constexpr const char* kLater =
      R"({"id":"in_1","parent":{"subscription_details":{"subscription":"sub_3"}}})";
  constexpr const char* kNoPayment = R"({"id":"ch_1","payment_intent":null})";
  for (const About& row : std::initializer_list<About>{
           {"checkout.session.completed", kPlain, ProviderObject::kCheckoutSession, "x_1"},
           {"checkout.session.expired", kPlain, ProviderObject::kCheckoutSession, "x_1"},
           {"customer.subscription.created", kPlain, ProviderObject::kSubscription, "x_1"},
           {"customer.subscription.deleted", kPlain, ProviderObject::kSubscription, "x_1"},
           {"customer.updated", kPlain, ProviderObject::kOther, "x_1"},
           {"invoice.paid", kOfSubscription, ProviderObject::kSubscription, "sub_1"},
           {"invoice.payment_failed", kExpanded, ProviderObject::kSubscription, "sub_2"},
           {"invoice.paid", kLater, ProviderObject::kSubscription, "sub_3"},
           {"invoice.paid", R"({"id":"in_1","subscription":null,"parent":null})",
            ProviderObject::kInvoice, "in_1"},
           {"invoiceitem.created", kOfSubscription, ProviderObject::kOther, "in_1"},
           {"charge.refunded", kCharge, ProviderObject::kPayment, "pi_1"},
           {"charge.refund.updated", kRefund, ProviderObject::kPayment, "pi_2"},
           {"refund.created", kRefund, ProviderObject::kPayment, "pi_2"},
           {"charge.refunded", kNoPayment, ProviderObject::kOther, "ch_1"},
           {"charge.refunded", R"({"id":"ch_1","payment_intent":{"id":"pi_3"}})",
            ProviderObject::kPayment, "pi_3"},
           {"charge.succeeded", kCharge, ProviderObject::kOther, "ch_1"},
           {"charge.dispute.created", kCharge, ProviderObject::kDispute, "ch_1"},
           {"charge.dispute.funds_reinstated", kPlain, ProviderObject::kDispute, "x_1"},
           {"account.updated", kPlain, ProviderObject::kAccount, "x_1"},
           {"account.application.deauthorized", kPlain, ProviderObject::kOther, "x_1"},
           {"checkout.session.completed", "{}", ProviderObject::kOther, ""},
           {"invoice.upcoming", R"({"object":"invoice"})", ProviderObject::kOther, ""},
           {"payment_intent.succeeded", kPlain, ProviderObject::kOther, "x_1"}}) {
    const auto event = read_event(event_json(row.type, row.object));
    ASSERT_TRUE(event) << row.type;
    EXPECT_EQ(event->about, row.about) << row.type << ' ' << row.object;
    EXPECT_EQ(event->subject, row.subject) << row.type << ' ' << row.object;
  }
}

TEST(Event, AnIdThatIsTooLongIsNone) {
  const std::string long_id = '"' + std::string(256, 'x') + '"';
  EXPECT_FALSE(read_event(event_json("x", R"({"id":)" + long_id + "}")));
  EXPECT_FALSE(read_event(event_json("invoice.paid", R"({"subscription":)" + long_id + "}")));
  EXPECT_FALSE(
      read_event(R"({"id":"evt_1","object":"event","type":"x","livemode":true,"account":)" +
                 long_id + R"(,"data":{"object":{}}})"));
}

TEST(Event, AnythingElseIsNoEvent) {
  for (
      const char* text :
      {"", "null", "[]", "{}", R"({"object":"event"})", R"({"id":"evt_1","object":"event"})",
       R"({"id":"evt_1","object":"event","type":"x"})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":false})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":false,"data":{}})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":false,"data":{"object":[]}})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":0,"data":{"object":{}}})",
       R"({"id":"","object":"event","type":"x","livemode":false,"data":{"object":{}}})",
       R"({"id":"evt_1","object":"v2.core.event","type":"x","livemode":false,"data":{"object":{}}})",
       R"({"id":"evt_1","id":"evt_2","object":"event","type":"x","livemode":false,"data":{"object":{}}})"}) {
    const auto event = read_event(text);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().code, ErrorCode::kBodyParsingError) << text;
  }
}

}  // namespace
}  // namespace purser::stripe
