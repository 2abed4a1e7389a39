#include "app/webhooks.hpp"
