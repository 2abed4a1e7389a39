#include "http/answer_fields.hpp"
#include "http/page_fields.hpp"
#include "http/schemas.hpp"

// Endpoints that events are delivered to.
namespace purser::http::schemas {
namespace {

constexpr std::string_view kReasons[] = {"manual", "gone", "failing"};
constexpr std::string_view kStates[] = {"pending", "delivered", "failed"};

constexpr Field kDescription{
    .name = "description", .kind = kText, .max = 500, .doc = "Your own words."};
constexpr Field kEventTypes{.name = "event_types",
                            .kind = kTexts,
                            .max = 100,
                            .doc =
                                "The types that it gets (docs/reference/events.md). Empty: all of "
                                "them, future ones too."};
constexpr Field kNewEndpointFields[] = {
    {.name = "url",
     .kind = kText,
     .required = true,
     .min = 1,
     .max = 2048,
     .doc = "https, without a user name. Private addresses, and http to them, only if the project "
            "allows them."},
    kDescription,
    kEventTypes,
};
constexpr Field kEndpointChangeFields[] = {
    {.name = "url", .kind = kText, .min = 1, .max = 2048, .doc = "As when it was created."},
    kDescription,
    kEventTypes,
    {.name = "enabled",
     .kind = kBoolean,
     .doc = "false: it gets nothing. What waits for it goes on waiting; what happens meanwhile is "
            "found by a replay."},
};
constexpr Field kReplayFields[] = {
    {.name = "since",
     .kind = kTimestamp,
     .required = true,
     .doc = "Events from this instant on, as far as the retention goes back."},
    {.name = "include_delivered",
     .kind = kBoolean,
     .doc = "true: also those that were delivered. Absent or false: those that failed or were "
            "never queued."},
};
constexpr Field kDeliveryQueryFields[] = {
    {.name = "state", .kind = kChoice, .choices = kStates, .doc = "Absent: all."},
    kCursor,
    kLimit,
};

constexpr Field kEndpointFields[] = {
    id("id", "The endpoint's id."),
    text("url", "Where events are posted."),
    text("description", "Your own words."),
    texts("event_types", "The types that it gets. Empty: all."),
    flag("enabled", "Whether it gets anything."),
    choice("disabled_reason", kReasons,
           "manual: by an administrator; gone: it answered 410; failing: nothing has succeeded for "
           "five days. null: it is enabled.",
           true),
    instant("failing_since", "The first failure since the last success; null: none.", true),
    flag("replaying", "Whether events are being queued once more."),
    instant("created_at", "When."),
};
constexpr Schema kEndpointOf{"WebhookEndpoint", "Where events are delivered.", kEndpointFields};
constexpr Field kEndpointWithSecretFields[] = {
    part("endpoint", kEndpointOf, "The endpoint."),
    secret("secret", "What its events are signed with from now on. Shown once."),
};
constexpr Field kDeliveryFields[] = {
    id("id", "The event's id, which is its webhook-id."),
    text("event_type", "What happened."),
    choice("customer_type", kCustomerTypes, "null: it is about no customer.", true),
    id("customer_id", "The customer whose line it stands in; null: none.", true),
    choice("state", kStates, "What became of it."),
    number("attempts", "How often it was tried.", 0),
    instant("last_attempt_at", "null: it was not tried yet.", true),
    instant("next_attempt_at", "When its customer's line may go on; null: it is not pending.",
            true),
    number("response_status", "What the last attempt was answered; null: nothing.", 100, true),
    text("error", "Why the last attempt failed; null: it did not.", true),
    instant("created_at", "When it happened."),
};

}  // namespace

constexpr Schema kNewEndpoint{"NewWebhookEndpoint", "A new endpoint.", kNewEndpointFields};
constexpr Schema kEndpointChange{"WebhookEndpointChange",
                                 "Only the fields that are present change.", kEndpointChangeFields};
constexpr Schema kReplay{"WebhookReplay", "Which events are queued once more.", kReplayFields};
constexpr Schema kEndpoint = kEndpointOf;
constexpr Schema kEndpointWithSecret{"WebhookEndpointWithSecret", "An endpoint and its secret.",
                                     kEndpointWithSecretFields};
constexpr Schema kDelivery{"WebhookDelivery", "One event for one endpoint.", kDeliveryFields};
constexpr Schema kDeliveryQuery{"DeliveryQuery", "Query parameters.", kDeliveryQueryFields};

}  // namespace purser::http::schemas
