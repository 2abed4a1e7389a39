#include "tests/faults/operation.hpp"

#include "json/json.hpp"

namespace purser::faults {

namespace {

int pick(std::mt19937_64& random, int from, int to) {
  return std::uniform_int_distribution<int>(from, to)(random);
}

void make_change(Operation& operation, std::mt19937_64& random, const std::string& name) {
  const std::string item = kItems[pick(random, 0, 1)];
  // More is given than taken, so that try-decreases meet both plenty and want.
  const int amount = pick(random, 0, 99) < 70 ? pick(random, 1, 5) : -pick(random, 1, 8);
  operation.path += "/items/" + item + "/quantity";
  operation.body =
      R"({"change":)" + std::to_string(amount) + R"(,"description":")" + name + R"("})";
  operation.parts.push_back({item, name, amount, false, {}, {}});
}

void make_try_decrease(Operation& operation, std::mt19937_64& random, const std::string& name) {
  const std::string item = kItems[pick(random, 0, 1)];
  // Some can never succeed: what is refused must never appear.
  const int amount = pick(random, 0, 19) == 0 ? 1'000'000'000 : pick(random, 1, 4);
  operation.path += "/items/" + item + "/try-decrease";
  operation.body =
      R"({"amount":)" + std::to_string(amount) + R"(,"description":")" + name + R"("})";
  operation.parts.push_back({item, name, -amount, true, {}, {}});
}

void make_batch(Operation& operation, std::mt19937_64& random, const std::string& name) {
  json::Writer body;
  body.begin_object().field("atomic", operation.kind == Kind::kAtomicBatch);
  body.key("operations").begin_array();
  const int count = pick(random, 2, 6);
  for (int i = 0; i < count; ++i) {
    const std::string item = kItems[pick(random, 0, 1)];
    const std::string description = name + "." + std::to_string(i);
    body.begin_object().field("item_id", item).field("description", description);
    const bool is_try = pick(random, 0, 1) != 0;
    const std::int64_t amount = pick(random, 1, 5);
    body.field(is_try ? "try_decrease" : "change", amount).end_object();
    operation.parts.push_back({item, description, is_try ? -amount : amount, is_try, {}, {}});
  }
  body.end_array().end_object();
  operation.path += "/items/batch";
  operation.body = body.take();
}

Kind pick_kind(std::mt19937_64& random) {
  const int roll = pick(random, 0, 99);
  if (roll < 40) return Kind::kTryDecrease;
  if (roll < 78) return Kind::kChange;
  if (roll < 83) return Kind::kBatch;
  if (roll < 88) return Kind::kAtomicBatch;
  return roll < 95 ? Kind::kGrant : Kind::kUser;
}

void note_batch(Operation& operation, const json::Value& body) {
  const bool applied = body.bool_at("applied").value_or(false);
  const auto* results = body.find("results");
  if (!applied && operation.kind == Kind::kAtomicBatch) {
    for (auto& part : operation.parts) part.applied = false;
    return;
  }
  if (results == nullptr || results->as_array() == nullptr ||
      results->as_array()->size() != operation.parts.size()) {
    operation.complaint = "a batch's answer has not one result for each operation";
    return;
  }
  for (std::size_t i = 0; i < operation.parts.size(); ++i) {
    const auto& result = (*results->as_array())[i];
    Part& part = operation.parts[i];
    part.applied = applied && result.bool_at("success").value_or(false);
    if (*part.applied) part.quantity = result.int_at("quantity");
  }
}

}  // namespace

std::string customer_name(int number) { return "c" + std::to_string(number); }

std::string catalog_json() {
  return R"({"items":{"credits":{"customer_type":"custom"},"points":{"customer_type":"custom"}},)"
         R"("products":{"pack":{"customer_type":"custom","stackable":true,)"
         R"("included_items":{"credits":{"quantity":10}}}}})";
}

Operation make_operation(std::mt19937_64& random, const Load& load, const std::string& name) {
  Operation operation;
  operation.kind = pick_kind(random);
  if (pick(random, 0, 99) < 60) operation.key = "key-" + name;
  if (operation.kind == Kind::kUser) {
    operation.customer = "user-" + name;
    operation.path = "/users";
    operation.body = R"({"id":")" + operation.customer + R"("})";
    return operation;
  }
  const bool hot = pick(random, 0, 99) < load.hot_percent;
  operation.customer = customer_name(hot ? 0 : pick(random, 1, load.customers - 1));
  operation.path = "/customers/custom/" + operation.customer;
  switch (operation.kind) {
    case Kind::kChange:
      make_change(operation, random, name);
      break;
    case Kind::kTryDecrease:
      make_try_decrease(operation, random, name);
      break;
    case Kind::kGrant:
      operation.path += "/products";
      operation.body = R"({"product_id":"pack"})";
      break;
    default:
      make_batch(operation, random, name);
      break;
  }
  return operation;
}

std::string request_of(const Operation& operation, const std::string& credentials) {
  std::string headers = credentials;
  if (!operation.key.empty()) headers += "idempotency-key: " + operation.key + "\r\n";
  return request_text("POST", operation.path, headers, operation.body);
}

void note_reply(Operation& operation, Reply reply) {
  const bool passing = reply.status == 503 || reply.status == 429;
  const bool good = reply.status == 200 || reply.status == 201;
  const auto body = json::parse(reply.body);
  if (!body || !(good || passing)) {
    operation.complaint = "status " + std::to_string(reply.status) + ": " + reply.body;
  } else if (passing) {
    // Refused for now, which promises that nothing happened.
    for (auto& part : operation.parts) part.applied = false;
  } else {
    switch (operation.kind) {
      case Kind::kChange:
        operation.parts[0].applied = true;
        operation.parts[0].quantity = body->int_at("quantity");
        break;
      case Kind::kTryDecrease:
        operation.parts[0].applied = body->bool_at("success");
        if (operation.parts[0].applied.value_or(false)) {
          operation.parts[0].quantity = body->int_at("quantity");
        }
        break;
      case Kind::kGrant:
        operation.purchase = body->string_at("purchase_id").value_or("");
        if (operation.purchase.empty()) operation.complaint = "a grant without a purchase_id";
        break;
      case Kind::kUser:
        break;
      default:
        note_batch(operation, *body);
        break;
    }
  }
  operation.reply = std::move(reply);
}

}  // namespace purser::faults
