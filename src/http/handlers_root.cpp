#include <utility>

#include "app/projects.hpp"
#include "app/reconciler.hpp"
#include "http/encode.hpp"
#include "http/handlers.hpp"
#include "http/paging.hpp"

namespace purser::http::handlers {
namespace {

std::string encode_now(Timestamp now) {
  return json::Writer().begin_object().field("now", now.to_iso8601()).end_object().take();
}

}  // namespace

void create_project(const CallPtr& call) {
  app::NewProject project{*call->body.string_at("display_name"),
                          ProjectId(call->body.string_at("id").value_or(""))};
  call->core.write(call,
                   [call = call.get(), project = std::move(project)](
                       app::StoreBatch& batch, app::AfterCommit& after) -> Result<Written> {
                     PURSER_TRY(const auto made,
                                call->core.use().projects.create(batch, project, after));
                     return Written{.status = 201, .body = encode_created_project(made)};
                   });
}

void list_projects(const CallPtr& call) {
  const auto page = page_of(*call);
  if (!page) return call->core.answer(*call, page.error());
  const auto projects = call->core.use().store.view()->projects({page->after, page->limit + 1});
  if (!projects) return call->core.answer(*call, projects.error());
  const auto key = [](const app::Project& project) { return project.id.str(); };
  call->core.answer(*call, encode_rows(*call, *page, *projects, key));
}

void set_clock(const CallPtr& call) {
  const auto now = Timestamp::parse_iso8601(*call->body.string_at("now"));
  const Status moved = call->core.use().hooks.set_clock(*now);
  if (!moved) return call->core.answer(*call, moved.error());
  call->core.answer(*call, encode_now(call->core.use().clock.now()));
}

void reconcile(const CallPtr& call) {
  const auto target = target_of(*call);
  if (!target) return call->core.answer(*call, target.error());
  const bool repair = call->body.bool_at("repair").value_or(false);
  const ProjectId& project = (*target)->project.id;
  const auto report = call->core.use().reconciler.reconcile(project, repair);
  if (!report) return call->core.answer(*call, report.error());
  call->core.answer(*call, encode_reconcile_report(*report));
}

void verify(const CallPtr& call) {
  const auto report = call->core.use().store.verify({});
  if (!report) return call->core.answer(*call, report.error());
  call->core.answer(*call, encode_verify_report(*report));
}

void backup(const CallPtr& call) {
  const Status done = call->core.use().store.backup(*call->body.string_at("path"), {});
  if (!done) return call->core.answer(*call, done.error());
  call->core.answer(*call, encode_done());
}

}  // namespace purser::http::handlers
