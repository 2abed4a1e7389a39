// How answers look: errors, headers, pages, metrics, request ids.

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "http/error_reply.hpp"
#include "http/metrics.hpp"
#include "http/pages.hpp"
#include "http/reply_headers.hpp"
#include "http/request_id.hpp"
#include "http/worker_pool.hpp"

namespace purser::http {
namespace {

TEST(ErrorReply, ShowsCodeSentenceAndDetailsOnly) {
  const Error error(ErrorCode::kItemNotFound, "No \"x\".",
                    {{"item_id", std::string("x")},
                     {"count", std::int64_t{3}},
                     {"none", nullptr},
                     {"flag", true},
                     {"fields", std::vector<FieldError>{{"body.a", "is required"}}}},
                    LogDetail("for operators only"));
  EXPECT_EQ(status_of(error), 404);
  EXPECT_EQ(encode_error(error, "r1"),
            R"({"code":"ITEM_NOT_FOUND","error":"No \"x\".","details":{"item_id":"x","count":3,)"
            R"("none":null,"flag":true,"fields":[{"path":"body.a","message":"is required"}]}})");
  EXPECT_EQ(known_code(encode_error(error, "r1")), "ITEM_NOT_FOUND");
  EXPECT_EQ(known_code("{}"), "");
}

TEST(ErrorReply, DefectsShowTheRequestIdAndNothingElse) {
  Error error = Error::internal("password=hunter2");
  error.details.push_back({"secret", std::string("hunter2")});
  const std::string body = encode_error(error, "r-77");
  EXPECT_EQ(body.find("hunter2"), std::string::npos);
  EXPECT_NE(body.find(R"("details":{"request_id":"r-77"})"), std::string::npos);
}

TEST(ErrorReply, PassingFaultsAreNotFinal) {
  for (const ErrorRow& row : kErrorTable) {
    const bool final = is_final(Error(row.code, ""));
    if (row.http_status >= 500 || row.http_status == 429 || row.http_status == 409) {
      EXPECT_EQ(final, row.code == ErrorCode::kAlreadyExists) << row.name;
    }
  }
  EXPECT_TRUE(is_final(Error(ErrorCode::kItemNotFound, "")));
}

TEST(Headers, EveryAnswerHasThem) {
  const std::string lines = common_header_lines("r1", {}, PageKind::kNone);
  EXPECT_EQ(lines, "cache-control: no-store\r\nx-purser-request-id: r1\r\n");
  EXPECT_TRUE(common_header_lines("r1", {}, PageKind::kPlain)
                  .ends_with("referrer-policy: no-referrer\r\n"));
}

TEST(Headers, ReadersGetTheOnesTheyNeed) {
  const std::string lines =
      common_header_lines("r1", {.is_browser = true, .is_stack_client = true}, PageKind::kNone);
  for (const char* line : {"x-stack-request-id: r1\r\n", "access-control-allow-origin: *\r\n",
                           "access-control-expose-headers: "}) {
    EXPECT_NE(lines.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(lines.find("\r\n\r\n"), std::string::npos);
  EXPECT_TRUE(lines.ends_with("\r\n"));

  const auto reader = [](const char* name) {
    net::Request request;
    request.headers.push_back({name, "1"});
    return reader_of(request);
  };
  EXPECT_TRUE(reader("Origin").is_browser);
  EXPECT_TRUE(reader("X-Stack-Access-Type").is_stack_client);
  EXPECT_TRUE(reader("x-hexclave-project-id").is_stack_client);
  for (const char* other : {"x-purser-access-type", "x", "origins", "x-stack", ""}) {
    EXPECT_FALSE(reader(other).is_browser) << other;
    EXPECT_FALSE(reader(other).is_stack_client) << other;
  }
}

constexpr const char* kEvil = R"(<script>alert("x")</script>&'</strong><img src=x onerror=1>)";

app::PurchasePage evil_purchase() {
  app::PurchasePage page;
  page.seller = kEvil;
  page.checkout.product.display_name = kEvil;
  page.prices = {{PriceId("\"><script>"), Money(5, *Currency::parse("KWD")),
                  CalendarInterval{IntervalUnit::kMonth, 3},
                  CalendarInterval{IntervalUnit::kDay, 1}, false}};
  page.stackable = true;
  return page;
}

TEST(Pages, EscapeWhatTheyAreGiven) {
  using State = app::DonePage::State;
  std::vector<std::string> pages = {render_purchase(evil_purchase(), {kEvil, kEvil, kEvil})};
  for (const State state : {State::kPending, State::kGranted, State::kExpired, State::kRefunded}) {
    pages.push_back(render_done({state, kEvil, kEvil}));
  }
  for (const std::string& html : pages) {
    EXPECT_EQ(html.find("<script"), std::string::npos);
    EXPECT_EQ(html.find("<img"), std::string::npos);
    EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  }
  for (const std::string& html :
       {render_home("<script>"), render_message("<script>", "<script>")}) {
    EXPECT_EQ(html.find("<script"), std::string::npos);
  }
}

// Text that came from outside is put into the layout already rendered; it must not be a template.
TEST(Pages, TextIsNeverATemplate) {
  const std::string html =
      render_done({app::DonePage::State::kGranted, "{{style}}", "{{{content}}}"});
  EXPECT_NE(html.find("{{style}}"), std::string::npos);
}

TEST(Pages, APriceIsToldExactly) {
  const std::string html = render_purchase(evil_purchase(), {});
  EXPECT_NE(html.find("0.005 KWD every 3 months"), std::string::npos) << html;
  EXPECT_NE(html.find("free for the first day"), std::string::npos);
  EXPECT_EQ(html.find("role=\"alert\""), std::string::npos);
}

TEST(Pages, NobodyMayFrameOrScriptThem) {
  const std::string policy = page_policy("'none'");
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe-inline"), std::string::npos);
}

TEST(Metrics, CountByOperationAndClass) {
  Metrics metrics({"getItem", "none"});
  metrics.record(0, 200, 300);
  metrics.record(0, 201, 700);
  metrics.record(0, 404, 20'000'000);
  const std::string text = metrics.text();
  for (const char* line :
       {"purser_http_requests_total{operation=\"getItem\",status=\"2xx\"} 2\n",
        "purser_http_requests_total{operation=\"getItem\",status=\"4xx\"} 1\n",
        "_bucket{operation=\"getItem\",le=\"0.00025\"} 0\n",
        "_bucket{operation=\"getItem\",le=\"0.0005\"} 1\n",
        "_bucket{operation=\"getItem\",le=\"0.001\"} 2\n",
        "_bucket{operation=\"getItem\",le=\"10\"} 2\n",
        "_bucket{operation=\"getItem\",le=\"+Inf\"} 3\n", "_sum{operation=\"getItem\"} 20.001\n",
        "_count{operation=\"getItem\"} 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("\"none\""), std::string::npos);
}

TEST(RequestIds, AreUniqueAcrossThreads) {
  RequestIds ids;
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) mine.push_back(ids.next());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 4000U);
  EXPECT_EQ(all.begin()->size(), 32U);
}

TEST(WorkerPool, RunsEverythingItTook) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool({.threads = 3, .queue_limit = 1000});
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(pool.submit([&ran] { ran.fetch_add(1); }));
    }
  }
  EXPECT_EQ(ran.load(), 500);
}

TEST(WorkerPool, RefusesWhenItIsFull) {
  std::mutex gate;
  gate.lock();
  std::atomic<int> ran{0};
  int taken = 0;
  {
    WorkerPool pool({.threads = 1, .queue_limit = 2});
    const auto wait = [&] {
      const std::lock_guard lock(gate);
      ran.fetch_add(1);
    };
    for (int i = 0; i < 10; ++i) taken += pool.submit(wait) ? 1 : 0;
    // One may have left the queue for the thread; the rest of the ten were refused.
    EXPECT_GE(taken, 2);
    EXPECT_LE(taken, 3);
    gate.unlock();
  }
  EXPECT_EQ(ran.load(), taken);
}

}  // namespace
}  // namespace purser::http
