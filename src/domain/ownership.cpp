#include "domain/purchase.hpp"
