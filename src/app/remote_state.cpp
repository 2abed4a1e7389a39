#include "app/remote_state.hpp"
