#include "app/refunds.hpp"
