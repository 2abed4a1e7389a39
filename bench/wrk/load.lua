-- The requests of bench/run. Settings come from the environment:
--   BENCH_OPERATION  hello, get_item, get_products, try_decrease or
--                    peer_try_decrease
--   BENCH_CUSTOMERS  how many; customers are drawn evenly (1: one hot key)
--   BENCH_CUSTOMER   always this one instead
--   BENCH_KEY        the secret server key
--   BENCH_DELAY_MS   mean pause of a connection between two requests; 0: none
--   BENCH_SEED       of the random numbers

local operation = os.getenv("BENCH_OPERATION")
local customers = tonumber(os.getenv("BENCH_CUSTOMERS") or "1")
local customer = os.getenv("BENCH_CUSTOMER")
local pause = tonumber(os.getenv("BENCH_DELAY_MS") or "0")
local before, after

function init(arguments)
  math.randomseed(tonumber(os.getenv("BENCH_SEED") or "1"))
  local headers = " HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer " ..
    (os.getenv("BENCH_KEY") or "none") .. "\r\n"
  if operation == "get_item" then
    before = "GET /api/v1/customers/custom/"
    after = "/items/credits" .. headers .. "\r\n"
  elseif operation == "get_products" then
    before = "GET /api/v1/customers/custom/"
    after = "/products" .. headers .. "\r\n"
  elseif operation == "try_decrease" then
    local body = '{"amount":1}'
    before = "POST /api/v1/customers/custom/"
    after = "/items/credits/try-decrease" .. headers ..
      "content-type: application/json\r\ncontent-length: " .. #body .. "\r\n\r\n" .. body
  end
  if operation == "peer_try_decrease" then
    local body = '{"amount":1}'
    before = "POST /customers/"
    after = "/try-decrease" .. headers .. "content-type: application/json\r\ncontent-length: " .. #body ..
      "\r\n\r\n" .. body
  end
  wrk.path = "/"
end

local hello = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"

function request()
  if operation == "hello" then return hello end
  return before .. (customer or "c" .. math.random(0, customers - 1)) .. after
end

if pause > 0 then
  function delay()
    return math.floor(math.random() * 2 * pause + 0.5)
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "p999_us": %d, "max_us": %d, ' ..
    '"not_2xx": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    latency:percentile(99.9), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
