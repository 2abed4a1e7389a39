# The second part of ./quickstart, which sources this file: a team subscribes to a plan, and a quarter of a year passes in
# seconds on a server of its own whose clock is moved by hand. That server's data is thrown away afterwards.
#
# Needs from its caller: $purser, say, title, true_line, expect, stop, field, pay, $page.

year_work=''
year_pid=''

year_stop_server() {
  [[ -n $year_pid ]] && kill -TERM "$year_pid" 2>/dev/null && wait "$year_pid" 2>/dev/null
  year_pid=''
  [[ -n $year_work ]] && rm -rf "$year_work"
  year_work=''
}

year_start_server() {
  year_work=$(mktemp -d)
  trap year_stop_server EXIT
  PURSER_CLOCK=manual "$purser" serve --data "$year_work" --listen 127.0.0.1:0 --ready-file "$year_work/ready.json" \
    >>"$year_work/server.log" 2>&1 </dev/null &
  year_pid=$!
  local waited
  for waited in $(seq 300); do
    [[ -s $year_work/ready.json ]] && break
    kill -0 "$year_pid" 2>/dev/null || { tail -n 5 "$year_work/server.log"; stop "The second server did not start"; }
    sleep 0.1
  done
  year_url=$(jq -r .url "$year_work/ready.json")
  year_sandbox=$(jq -r .sandbox_url "$year_work/ready.json")
  local keys
  keys=$("$purser" project create "A year" --id year --data "$year_work" --json) || stop "A project for it"
  year_server_key=$(field .secret_server_key <<<"$keys")
  year_admin_key=$(field .super_secret_admin_key <<<"$keys")
  "$purser" catalog apply examples/catalog.yaml --project year --data "$year_work" >/dev/null || stop "Its catalog"
  true_line "A second server, whose clock is moved by hand: $year_url"
  expect "Who does not pay keeps access for two days (past_due_grace_days)" \
    "$(year_call "$year_admin_key" PATCH /project '{"past_due_grace_days": 2}' | field .past_due_grace_days)" 2
  year_now=$(date -u +%s)
}

# year_call KEY METHOD PATH [BODY]
year_call() {
  local arguments=(-sS -m 30 -X "$2" "$year_url/api/v1$3" -H "authorization: Bearer $1")
  [[ -n ${4:-} ]] && arguments+=(-H 'content-type: application/json' --data-binary "$4")
  curl "${arguments[@]}"
}
year_api() { year_call "$year_server_key" "$@"; }
year_team() { year_api "$1" "/customers/team/$team$2" "${3:-}"; }

# year_pass DAYS [HOURS]: time passes, and everything that follows from it arrives.
year_pass() {
  year_now=$((year_now + $1 * 86400 + ${2:-0} * 3600))
  curl -sS -m 30 -o /dev/null "$year_url/api/v1/internal/clock" -H "x-purser-root-key: $(cat "$year_work/root.key")" \
    -H 'content-type: application/json' -d "{\"now\": \"$(date -u -d "@$year_now" +%FT%TZ)\"}"
  year_settle
}
year_settle() {
  curl -sS -m 30 -o /dev/null -X POST "$year_sandbox/_sandbox/tick"
  local waited
  for waited in $(seq 200); do
    [[ $(year_call "$year_admin_key" GET '/webhooks/stripe/inbox?state=pending&limit=1' | jq '.items | length') == 0 ]] &&
      return
    sleep 0.1
  done
  stop "Stripe's events are not processed"
}

year_items() {  # "SEATS GENERATIONS"
  printf '%s %s' "$(year_team GET /items/seats | field .quantity)" "$(year_team GET /items/generations | field .quantity)"
}
year_plan() {  # "PRODUCT STATUS", or nothing
  year_team GET /products | field '.items[0] | select(. != null) | "\(.id) \(.subscription.status)"'
}
year_period_end() {  # seconds since 1970
  date -u -d "$(year_team GET "/subscriptions/$subscription" | field .subscription.current_period_end)" +%s
}
# year_next_period: to two hours after the period's end, when Stripe has been paid.
year_next_period() {
  year_now=$(($(year_period_end)))
  year_pass 0 2
}

# year_use_card NUMBER: sets it up on the sandbox's page, which plays Stripe.js, and makes it the default.
year_use_card() {
  local secret intent
  secret=$(year_team POST /payment-method-setup-intent '{}' | field .client_secret)
  pay "$year_sandbox/c/setup/$secret" "$1" >/dev/null
  intent=${secret%%_secret_*}
  year_team POST /default-payment-method "{\"setup_intent_id\": \"$intent\"}" | field .default_payment_method.last4
}

year_subscribe() {
  team=$(year_api POST /teams '{"display_name": "Lovelace & Co"}' | field .id)
  local checkout answer
  checkout=$(year_team POST /checkout '{"product_id": "team-pro"}' | field .url)
  answer=$(pay "$checkout" 4242424242424242)
  [[ $answer == 303\ * ]] || stop "Paying for Team Pro (answer ${answer:-none})"
  year_settle
  expect "The team Lovelace & Co subscribed to Team Pro for 49 dollars a month" "$(year_plan)" "team-pro active"
  expect "It has 5 seats and 1,000 generations" "$(year_items)" "5 1000"
  subscription=$(year_team GET /products | field '.items[0].subscription.subscription_id')
  expect "It used 400 of them" \
    "$(year_team POST /items/generations/try-decrease '{"amount": 400}' | field .quantity)" 600
}

year_upgrade() {
  local change='{"from_product_id": "team-pro", "to_product_id": "team-business"}' due invoice
  year_pass 10
  due=$(year_team POST /switch-subscription/preview "$change" | field .due_now)
  [[ $due -gt 0 && $due -lt 9900 ]] || stop "What the upgrade costs today (got ${due:-nothing})"
  true_line "Ten days later: an upgrade to Team Business would cost $due cents today, for the rest of the month"
  expect "It upgraded" "$(year_team POST /switch-subscription "$change" | field .subscription.product_id)" team-business
  year_settle
  invoice=$(year_team GET '/invoices?limit=1' | field '.items[0] | "\(.total) \(.status)"')
  expect "and was charged exactly that" "$invoice" "$due paid"
  expect "It has 20 seats, and 5,000 generations less the 400 it had used" "$(year_items)" "20 4600"
}

year_renew() {
  year_next_period
  expect "The month is over and the next one paid: 5,000 new generations" "$(year_items)" "20 5000"
}

year_card_fails() {
  expect "The card is replaced by one that will be declined, …0341" "$(year_use_card 4000000000000341)" 0341
  year_next_period
  expect "Another month, and the card fails" "$(year_plan)" "team-business past_due"
  expect "In the grace it keeps its seats" "$(year_items)" "20 5000"
  year_pass 2
  expect "Two days later it has no access any more" "$(year_plan)" ""
  expect "and no seats" "$(year_team GET /items/seats | field .quantity)" 0
  expect "A good card is set up, …4444" "$(year_use_card 5555555555554444)" 4444
  year_pass 2
  expect "Stripe tries again: paid, and access is back" "$(year_plan)" "team-business active"
  expect "with seats and the new month's generations" "$(year_items)" "20 5000"
}

year_cancel() {
  expect "It cancels at the period's end" \
    "$(year_team DELETE /products/team-business | field .subscription.cancel_at_period_end)" true
  expect "and has its plan until then" "$(year_plan)" "team-business active"
  year_next_period
  expect "Then it has ended: nothing is owned" "$(year_plan)" ""
  expect "nothing is left" "$(year_items)" "0 0"
  "$purser" verify --data "$year_work" >"$year_work/verify.log" 2>&1 ||
    { cat "$year_work/verify.log"; stop "purser verify"; }
  true_line "purser verify agrees with all of it: $(tail -n 1 "$year_work/verify.log")"
}

tell_the_year() {
  title "A plan, and a quarter of a year in seconds"
  year_start_server
  year_subscribe
  year_upgrade
  year_renew
  year_card_fails
  year_cancel
  year_stop_server
  trap - EXIT
}
