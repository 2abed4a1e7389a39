#include "adapters/postgres/connection.hpp"

// COPY: many rows in one statement, which the pipeline mode does not have.

namespace purser::postgres {

Status Connection::copy_in(const std::string& sql,
                           const std::function<Result<bool>(std::string&)>& fill) {
  return outside_pipeline([&] { return send_rows(sql, fill); });
}

Status Connection::copy_out(const std::string& sql,
                            const std::function<Status(std::string_view)>& take) {
  return outside_pipeline([&] { return take_rows(sql, take); });
}

Status Connection::send_rows(const std::string& sql,
                             const std::function<Result<bool>(std::string&)>& fill) {
  if (PQsetnonblocking(handle_, 0) != 0) return lost("COPY");
  const Rows begun(PQexec(handle_, sql.c_str()));
  if (begun.status() != PGRES_COPY_IN) return failed(begun.raw(), sql.c_str());
  Status filled;
  std::string rows;
  for (bool more = true; more;) {
    rows.clear();
    const Result<bool> next = fill(rows);
    if (!next) filled = next.error();
    more = next.value_or(false);
    if (!rows.empty() && PQputCopyData(handle_, rows.data(), static_cast<int>(rows.size())) != 1) {
      return lost("COPY");
    }
  }
  if (PQputCopyEnd(handle_, filled ? nullptr : "given up") != 1) return lost("COPY");
  const Status ended = end_copy(sql);
  if (PQsetnonblocking(handle_, 1) != 0) return lost("COPY");
  return filled ? ended : filled;
}

Status Connection::take_rows(const std::string& sql,
                             const std::function<Status(std::string_view)>& take) {
  const Rows begun(PQexec(handle_, sql.c_str()));
  if (begun.status() != PGRES_COPY_OUT) return failed(begun.raw(), sql.c_str());
  Status taken;
  for (;;) {
    char* row = nullptr;
    const int size = PQgetCopyData(handle_, &row, 0);
    if (size == -2) return lost("COPY");
    if (size < 0) break;
    // What nobody wants any more is read to its end all the same.
    if (taken) taken = take(std::string_view(row, static_cast<std::size_t>(size)));
    PQfreemem(row);
  }
  const Status ended = end_copy(sql);
  return taken ? ended : taken;
}

Status Connection::end_copy(const std::string& sql) {
  Status status;
  while (PGresult* raw = PQgetResult(handle_)) {
    const Rows result(raw);
    if (result.status() != PGRES_COMMAND_OK && status) status = failed(result.raw(), sql.c_str());
  }
  return status;
}

}  // namespace purser::postgres
