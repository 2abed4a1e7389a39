#pragma once

// Endpoints and deliveries as JSON; the shapes stand in endpoint_schemas.cpp.

#include <string>

#include "app/endpoints.hpp"
#include "json/json.hpp"

namespace purser::http {

void write(json::Writer& out, const app::WebhookEndpoint& endpoint);
void write(json::Writer& out, const app::WebhookDelivery& delivery);
std::string encode_endpoint_with_secret(const app::EndpointWithSecret& made);

}  // namespace purser::http
