#include "domain/subscription.hpp"
