#include "domain/plan_change.hpp"
