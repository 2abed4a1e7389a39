#include "app/intentions.hpp"
