#pragma once

// The shapes of every request and answer. The words are those of docs/reference/routes.md.

#include "http/schema.hpp"

namespace purser::http::schemas {

// Requests.
extern const Schema kChangeQuantity;
extern const Schema kTryDecrease;
extern const Schema kItemBatch;
extern const Schema kCheckout;
extern const Schema kGrant;
extern const Schema kSetupIntentChoice;
extern const Schema kSwitch;
extern const Schema kNewRefund;
extern const Schema kOnboarding;
extern const Schema kNewUser;
extern const Schema kUserChange;
extern const Schema kNewTeam;
extern const Schema kTeamChange;
extern const Schema kNewMembership;
extern const Schema kMembershipChange;
extern const Schema kNewSession;
extern const Schema kRefresh;
extern const Schema kNewKey;
extern const Schema kNewProject;
extern const Schema kProjectChange;
extern const Schema kClockChange;
extern const Schema kReconcile;
extern const Schema kBackup;
extern const Schema kNewEndpoint;
extern const Schema kEndpointChange;
extern const Schema kReplay;

// Answers.
extern const Schema kItem;
extern const Schema kQuantity;
extern const Schema kTryDecreaseReply;
extern const Schema kItemBatchReply;
extern const Schema kLedgerEntry;
extern const Schema kCheckoutReply;
extern const Schema kCustomerProduct;
extern const Schema kGrantReply;
extern const Schema kPrice;
extern const Schema kSubscriptionReply;
extern const Schema kSwitchPreview;
extern const Schema kBilling;
extern const Schema kDefaultPaymentMethod;
extern const Schema kSetupIntent;
extern const Schema kInvoice;
extern const Schema kTransaction;
extern const Schema kRefundReply;
extern const Schema kInboxEvent;
extern const Schema kInboxReply;
extern const Schema kEndpoint;
extern const Schema kEndpointWithSecret;
extern const Schema kDelivery;
extern const Schema kOnboardingReply;
extern const Schema kPaymentAccount;
extern const Schema kCatalogDiff;
extern const Schema kUser;
extern const Schema kTeam;
extern const Schema kMembership;
extern const Schema kSession;
extern const Schema kCreatedSession;
extern const Schema kAccessToken;
extern const Schema kKey;
extern const Schema kCreatedKey;
extern const Schema kProject;
extern const Schema kCreatedProject;
extern const Schema kClock;
extern const Schema kReconcileReport;
extern const Schema kVerifyReport;
extern const Schema kDone;
extern const Schema kReceived;
extern const Schema kState;

// Query parameters.
extern const Schema kPageQuery;
extern const Schema kMembershipQuery;
extern const Schema kSessionQuery;
extern const Schema kCatalogQuery;
extern const Schema kDonePageQuery;
extern const Schema kCancelQuery;
extern const Schema kInboxQuery;
extern const Schema kDeliveryQuery;

}  // namespace purser::http::schemas
