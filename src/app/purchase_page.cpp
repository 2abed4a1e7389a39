#include "app/sales.hpp"
