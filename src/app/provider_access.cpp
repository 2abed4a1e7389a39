#include "app/provider_access.hpp"
