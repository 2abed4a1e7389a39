#include <array>

#include "sandbox/api.hpp"

namespace purser::sandbox {
namespace {

constexpr std::size_t kMaxDepth = 4;

struct Expandable {
  std::string_view field;
  std::string_view kind;
};

constexpr std::array kExpandable = {
    Expandable{"charge", kCharge},
    Expandable{"invoice", kInvoice},
    Expandable{"latest_invoice", kInvoice},
    Expandable{"pending_setup_intent", kSetupIntent},
    Expandable{"setup_intent", kSetupIntent},
    Expandable{"subscription", kSubscription},
    Expandable{"test_clock", kTestClock},
    Expandable{"customer", kCustomer},
    Expandable{"default_payment_method", kPaymentMethod},
    Expandable{"default_price", kPrice},
    Expandable{"latest_charge", kCharge},
    Expandable{"payment_intent", kPaymentIntent},
    Expandable{"payment_method", kPaymentMethod},
    Expandable{"price", kPrice},
    Expandable{"product", kProduct},
};

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> steps;
  std::size_t start = 0;
  for (std::size_t dot; (dot = path.find('.', start)) != std::string::npos; start = dot + 1) {
    steps.push_back(path.substr(start, dot - start));
  }
  steps.push_back(path.substr(start));
  return steps;
}

class Expander {
 public:
  Expander(Call& call, const std::string& path) : call_(call), path_(path), steps_(split(path)) {}

  std::optional<Failure> run(json::Value& document) {
    if (steps_.size() > kMaxDepth) {
      return invalid("You cannot expand more than 4 levels of a property. Property: " + path_,
                     "expand", "property_expansion_max_depth");
    }
    return step(document, 0);
  }

 private:
  Failure impossible() const {
    return invalid("This property cannot be expanded (" + path_ + ").", "expand");
  }

  std::optional<Failure> step(json::Value& document, std::size_t index) {
    if (index == steps_.size() || document.is_null()) return std::nullopt;
    const std::string& name = steps_[index];
    const std::string type = text_at(document, "object");
    if (name == "data" && (type == "list" || type == "search_result")) {
      for (json::Value& element : *document.find("data")->as_array()) {
        if (auto failure = step(element, index + 1)) return failure;
      }
      return std::nullopt;
    }
    if (name == "line_items" && text_at(document, "object") == kSession) {
      show_line_items(document);
      return step(*document.find("line_items"), index + 1);
    }
    json::Value* field = document.find(name);
    if (field == nullptr) return impossible();
    if (const std::string* id = field->as_string()) {
      if (!replace(*field, name, *id)) return impossible();
    } else if (field->as_object() == nullptr && !field->is_null()) {
      return impossible();
    }
    return step(*field, index + 1);
  }

  bool replace(json::Value& field, std::string_view name, const std::string& id) {
    for (const Expandable& expandable : kExpandable) {
      if (expandable.field != name) continue;
      const Record* record = call_.world.find(call_.account, expandable.kind, id);
      if (record != nullptr) field = present(record->doc, call_.base_url);
      return record != nullptr;
    }
    return false;
  }

  void show_line_items(json::Value& session) {
    const std::string id = text_at(session, "id");
    const Record* record = call_.world.find(call_.account, kSession, id);
    set(session, "line_items",
        object({{"object", "list"},
                {"data", at(record->hidden, "line_items")},
                {"has_more", false},
                {"url", "/v1/checkout/sessions/" + id + "/line_items"}}));
  }

  Call& call_;
  const std::string& path_;
  std::vector<std::string> steps_;
};

}  // namespace

std::optional<Failure> expand(Call& call, json::Value& document,
                              const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (auto failure = Expander(call, path).run(document)) return failure;
  }
  return std::nullopt;
}

}  // namespace purser::sandbox
