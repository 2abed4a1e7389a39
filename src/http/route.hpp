#pragma once

// What a route is. The table of all of them is in route_table.cpp; nothing else declares one.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "http/schema.hpp"
#include "types/error.hpp"

namespace purser::http {

struct Call;
using CallPtr = std::shared_ptr<Call>;

/// A field of a route that has no default: a row that leaves it out does not compile.
template <class T>
class Required {
 public:
  constexpr Required(T value) : value_(value) {}   // NOLINT(google-explicit-constructor)
  constexpr operator T() const { return value_; }  // NOLINT(google-explicit-constructor)

 private:
  T value_;
};

enum class Method : std::uint8_t { kGet, kPost, kPut, kPatch, kDelete };
std::string_view to_string(Method method);

/// Who may call a route. A higher key may do all that a lower one may; the root key stands apart.
enum class Need : std::uint8_t { kPublic, kClient, kServer, kAdmin, kRoot };
std::string_view to_string(Need need);

/// Whether an Idempotency-Key is obeyed. kNone is for reads and for what repeats harmlessly.
enum class Idempotency : std::uint8_t { kNone, kOptional };

/// Where the handler runs: on the I/O thread (it must not block), or on the worker pool.
enum class RunsOn : std::uint8_t { kIo, kWorker };

/// Whether the answer shows a secret once: its copy under an idempotency key is sealed.
enum class ReplyIs : std::uint8_t { kPlain, kSecret };

/// What a request's body is.
enum class Input : std::uint8_t {
  kNone,        ///< nothing (an empty JSON object is taken for nothing)
  kJson,        ///< a JSON object of the shape `request`
  kJsonOrYaml,  ///< a document that its own decoder checks
  kRaw,         ///< bytes, handed over untouched
};

enum class AnswerKind : std::uint8_t { kObject, kList, kDocument, kText, kPage };

/// What a route answers when all went well.
struct Answer {
  int status = 200;
  AnswerKind kind = AnswerKind::kObject;
  const Schema* of = nullptr;  ///< the object, or the list's elements
};

/// Checks that span fields ("one of these two"); appends what is wrong. Called only when the shape
/// is right.
using BodyCheck = void (*)(const json::Value& body, FieldErrors& errors);
/// Carries out the call and answers it, at once or later, exactly once.
using HandlerFunction = void (*)(const CallPtr& call);

struct Route {
  Method method;
  std::string_view path;  ///< "/customers/{customer_type}/{customer_id}/items"; without the mount
  std::string_view operation;
  std::string_view summary;
  Required<Need> access;
  Required<Idempotency> idempotency;
  Required<std::size_t> body_limit;  ///< bytes; above: 413
  Required<RunsOn> runs_on;
  Required<ReplyIs> reply;
  Required<Input> input;
  const Schema* request = nullptr;
  BodyCheck check = nullptr;
  const Schema* query = nullptr;  ///< the query parameters
  Answer answer = {};
  std::span<const ErrorCode> errors = {};  ///< beside those that its access, input and keys imply
  Required<HandlerFunction> handler;

  bool is_for_customer() const { return path.starts_with("/customers/"); }
  bool is_page() const { return answer.kind == AnswerKind::kPage; }
  /// A page with a form, whose answer leads to the payment provider's page.
  bool is_form_page() const { return is_page() && path.starts_with("/purchase/"); }
};

/// Every route, in the order of the reference.
std::span<const Route> routes();

/// Every error code that a route can answer, in the table's order, without repetition.
std::vector<ErrorCode> all_errors(const Route& route);

/// The names in braces of a path, in order.
std::vector<std::string_view> parameter_names(std::string_view path);

}  // namespace purser::http
