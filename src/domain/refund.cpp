#include "domain/refund.hpp"
