// What is for the log cannot become a detail of an answer.
#include "types/error.hpp"

purser::Error error(const std::string& internal) {
#ifdef PURSER_MUST_NOT_COMPILE
  return {purser::ErrorCode::kInternalError, "", {{"why", purser::LogDetail(internal)}}};
#else
  return {purser::ErrorCode::kInternalError, "", {}, purser::LogDetail(internal)};
#endif
}
