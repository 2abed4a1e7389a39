#include "types/quantity.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace purser {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kMax = Quantity::kMax;
static_assert(kMax == 9007199254740991);
static_assert(Quantity::of(kMax)->value() == kMax);
static_assert(Quantity::of(-kMax)->value() == -kMax);
static_assert(!Quantity::of(kMax + 1));
static_assert(!Quantity::of(-kMax - 1));
static_assert(!Quantity::of(std::numeric_limits<std::int64_t>::min()));
static_assert(!Quantity::of(kMax)->plus(*Quantity::of(1)));
static_assert(!Quantity::of(-kMax)->minus(*Quantity::of(1)));
static_assert(Quantity::of(-kMax)->plus(*Quantity::of(kMax))->is_zero());
static_assert((-*Quantity::of(-kMax)).value() == kMax);

rc::Gen<std::int64_t> any_quantity() {
  return rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-1000, 1000),
                        rc::gen::inRange<std::int64_t>(-kMax, kMax + 1),
                        rc::gen::element(-kMax, kMax, std::int64_t{1}, std::int64_t{-1}));
}

bool agrees(std::optional<Quantity> result, Wide exact) {
  if (exact > kMax || exact < -kMax) return !result.has_value();
  return result.has_value() && result->value() == static_cast<std::int64_t>(exact);
}

RC_GTEST_PROP(QuantityProperty, ArithmeticAgreesWithWiderIntegers, ()) {
  const std::int64_t a = *any_quantity();
  const std::int64_t b = *any_quantity();
  const Quantity x = *Quantity::of(a);
  const Quantity y = *Quantity::of(b);
  RC_ASSERT(agrees(x.plus(y), static_cast<Wide>(a) + b));
  RC_ASSERT(agrees(x.minus(y), static_cast<Wide>(a) - b));
  RC_ASSERT(agrees(x.times(y), static_cast<Wide>(a) * b));
  RC_ASSERT((x < y) == (a < b));
}

}  // namespace
}  // namespace purser
