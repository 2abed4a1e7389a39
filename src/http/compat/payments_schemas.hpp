#pragma once

// The shapes of requests and answers about payments.

#include "http/schema.hpp"

namespace purser::http::compat::schemas {

// Requests.
extern const Schema kQuantityQuery;
extern const Schema kQuantityChange;
extern const Schema kListQuery;
extern const Schema kGrant;
extern const Schema kCancelQuery;
extern const Schema kSwitch;
extern const Schema kSetDefault;
extern const Schema kNewPurchaseUrl;
extern const Schema kCode;
extern const Schema kCodeQuery;
extern const Schema kPurchase;

// Answers.
extern const Schema kItem;
extern const Schema kNothing;
extern const Schema kSuccess;
extern const Schema kGranted;
extern const Schema kOwnedProduct;
extern const Schema kInvoice;
extern const Schema kBilling;
extern const Schema kSetupIntent;
extern const Schema kDefaultMethod;
extern const Schema kUrl;
extern const Schema kPurchasePage;
extern const Schema kValid;
extern const Schema kClientSecret;
extern const Schema kReceived;

}  // namespace purser::http::compat::schemas
