#include "app/purchase_book.hpp"
