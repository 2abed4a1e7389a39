#include "adapters/postgres/arrays.hpp"

namespace purser::postgres {
namespace {

// Types of elements. Source: src/include/catalog/pg_type.dat of PostgreSQL.
constexpr std::uint32_t kByteaElement = 17;
constexpr std::uint32_t kInt8Element = 20;
constexpr std::uint32_t kTextElement = 25;

constexpr std::size_t kHeader = 20;  // dimensions, nulls, type; length and lower bound of the one

void put(char* to, std::uint64_t value, int size) {
  for (int i = size - 1; i >= 0; --i) {
    to[i] = static_cast<char>(value & 0xff);
    value >>= 8;
  }
}

}  // namespace

void Array::clear() {
  bytes_.assign(kHeader, '\0');
  count_ = 0;
  has_null_ = false;
}

Param Array::param() {
  char* header = bytes_.data();
  put(header, 1, 4);
  put(header + 4, has_null_ ? 1 : 0, 4);
  put(header + 8, type_, 4);
  put(header + 12, static_cast<std::uint64_t>(count_), 4);
  put(header + 16, 1, 4);
  return {bytes_.data(), static_cast<int>(bytes_.size()), true};
}

void Array::append_bytes(std::string_view bytes) {
  char length[4];
  put(length, bytes.size(), 4);
  bytes_.append(length, sizeof length).append(bytes);
  ++count_;
}

void Array::append_null() {
  bytes_.append(4, '\xff');  // a length of −1
  has_null_ = true;
  ++count_;
}

void Array::append_big_endian(std::int64_t value) {
  char element[8];
  put(element, static_cast<std::uint64_t>(value), sizeof element);
  append_bytes({element, sizeof element});
}

IntegerArray::IntegerArray() : Array(kInt8Element) {}
TextArray::TextArray() : Array(kTextElement) {}
BytesArray::BytesArray() : Array(kByteaElement) {}

Integer::Integer(std::int64_t value) : bytes_() {
  put(bytes_, static_cast<std::uint64_t>(value), sizeof bytes_);
}

}  // namespace purser::postgres
