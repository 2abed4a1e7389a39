#include "app/billing.hpp"
