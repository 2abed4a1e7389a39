#include "app/subscriptions.hpp"
