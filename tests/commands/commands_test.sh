#!/usr/bin/env bash
# The commands of the built program against real servers in a temporary folder.
#
#   commands_test.sh PURSER-BINARY CATALOG-FILE
set -uo pipefail

purser=$1
catalog=$2
work=$(mktemp -d)
servers=()
failed=0

finish() {
  local pid
  for pid in "${servers[@]:-}"; do [[ -n $pid ]] && kill -KILL "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap finish EXIT

# is WHAT ACTUAL WANTED
is() {
  if [[ $2 == "$3" ]]; then
    echo "ok   $1"
  else
    echo "FAIL $1: expected \"$3\", got \"$2\""
    failed=$((failed + 1))
  fi
}
# has WHAT TEXT PART
has() {
  if [[ $2 == *"$3"* ]]; then
    echo "ok   $1"
  else
    echo "FAIL $1: \"$3\" is not in \"$2\""
    failed=$((failed + 1))
  fi
}

# serve DATA ARGUMENTS…: starts a server and waits until it is ready; sets pid and url.
serve() {
  local folder=$1
  shift
  rm -f "$folder.ready"
  "$purser" serve --data "$folder" --listen 127.0.0.1:0 --ready-file "$folder.ready" "$@" \
    >"$folder.log" 2>&1 &
  pid=$!
  servers+=("$pid")
  until [[ -f $folder.ready ]]; do
    kill -0 "$pid" 2>/dev/null || { cat "$folder.log"; echo "FAIL the server did not start"; exit 1; }
    sleep 0.02
  done
  url=$(jq -r .url "$folder.ready")
}
stop() {
  kill -TERM "$1"
  wait "$1"
}

key_of() { jq -r ".$1" <<<"$keys"; }
status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
credits() { curl -s -H "authorization: Bearer $1" "$url/customers/custom/c/items/credits" | jq -r .quantity; }

tell_settings() {
  local out
  out=$(PURSER_HTTP_LISTEN=127.0.0.1:9 "$purser" config --workers 3 --json)
  is "config: a flag's origin" "$(jq -r '.workers.origin' <<<"$out")" "flag --workers"
  is "config: a variable's origin" "$(jq -r '.["http.listen"].origin' <<<"$out")" "environment PURSER_HTTP_LISTEN"
  out=$(PURSER_ENCRYPTION_KEY=$(printf 'ab%.0s' {1..32}) "$purser" config)
  is "config: secrets are redacted" "$(grep -c abab <<<"$out")" 0
  out=$("$purser" serve --data "$work/never" --workers 0 2>&1)
  is "serve: a wrong setting is a refusal" $? 1
  has "serve: which names the key" "$out" "workers"
  is "serve: and made nothing" "$([[ -e $work/never ]] && echo made)" ""
  out=$("$purser" serve --data "$work/never" --database postgres://localhost/p 2>&1)
  has "serve: PostgreSQL is refused with a sentence" "$out" "PostgreSQL"
  "$purser" frobnicate >/dev/null 2>&1
  is "an unknown command leaves with 2" $? 2
}

without_a_server() {
  keys=$("$purser" project create "Shop é" --id shop --data "$data" --json)
  is "project create" "$(jq -r 'keys | join(",")' <<<"$keys")" \
    "project_id,publishable_client_key,secret_server_key,super_secret_admin_key"
  "$purser" project create again --id shop --data "$data" >/dev/null 2>"$work/error"
  is "project create: an id is taken once" $? 1
  has "project create: and it says so" "$(<"$work/error")" ALREADY_EXISTS
  has "project list" "$("$purser" project list --data "$data")" "Shop é"
  has "catalog diff" "$("$purser" catalog diff "$catalog" --project shop --data "$data")" "+ items.credits"
  cat >"$work/catalog.yaml" <<YAML
items:
  credits: { display_name: Credits, customer_type: custom }
YAML
  has "catalog apply" "$("$purser" catalog apply "$work/catalog.yaml" --project shop --data "$data")" \
    "version 1"
  "$purser" catalog export "$work/exported.yaml" --project shop --data "$data"
  has "catalog export: the same again" \
    "$("$purser" catalog diff "$work/exported.yaml" --project shop --data "$data")" "Nothing differs"
  printf 'items:\n  a b: {}\nproducts:\n  p: {customer_type: user, colour: red}\n' >"$work/bad.yaml"
  "$purser" catalog check "$work/bad.yaml" >/dev/null 2>"$work/error"
  is "catalog check: errors" $? 1
  has "catalog check: every error with its path" "$(<"$work/error")" "products.p.colour"
  has "catalog check: the other one too" "$(<"$work/error")" "items.a b"
}

beside_a_server() {
  serve "$data"
  local made id
  "$purser" serve --data "$data" --listen 127.0.0.1:0 >/dev/null 2>"$work/error"
  is "serve: a second server on one folder is refused" $? 1
  has "serve: with a sentence" "$(<"$work/error")" "process $pid"
  made=$("$purser" keys create --access server --project shop --data "$data" --json)
  id=$(jq -r .id <<<"$made")
  is "keys create: the key works at once" \
    "$(status -H "authorization: Bearer $(jq -r .key <<<"$made")" "$url/customers/custom/c/items")" 200
  has "keys list" "$("$purser" keys list --project shop --data "$data")" "$id"
  "$purser" keys revoke "$id" --project shop --data "$data" >/dev/null
  is "keys revoke: the key stops at once" \
    "$(status -H "authorization: Bearer $(jq -r .key <<<"$made")" "$url/customers/custom/c/items")" 401
  curl -s -o /dev/null -H "authorization: Bearer $(key_of secret_server_key)" \
    -H 'content-type: application/json' -d '{"change": 70}' "$url/customers/custom/c/items/credits/quantity"
  is "an item changes" "$(credits "$(key_of secret_server_key)")" 70
  has "verify beside a server" "$("$purser" verify --data "$data")" "All agree: 1 balances"
  is "the clock cannot be set" \
    "$(status -X POST -H "x-purser-root-key: $(<"$data/root.key")" "$url/internal/clock")" 404
  "$purser" backup "$work/copy.db" --data "$data" >/dev/null
  is "backup beside a server" $? 0
  "$purser" backup "$work/copy.db" --data "$data" >/dev/null 2>&1
  is "backup: a file that is there is kept" $? 1
  stop "$pid"
  is "SIGTERM: the server leaves with 0" $? 0
  is "and says no more where it was" "$([[ -e $data/server.json ]] && echo there)" ""
}

after_a_kill() {
  serve "$data"
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null
  has "a killed server's announcement is not believed" "$("$purser" project list --data "$data")" "Shop é"
  has "verify after a kill" "$("$purser" verify --data "$data")" "All agree: 1 balances"
}

restore() {
  local restored=$work/restored
  mkdir -m 700 "$restored"
  cp "$work/copy.db" "$restored/purser.db"
  "$purser" verify --data "$restored" >/dev/null 2>"$work/error"
  is "a copy without its encryption key is refused" $? 1
  has "with a sentence" "$(<"$work/error")" "Copy that key back"
  cp "$data/encryption.key" "$restored/"
  has "a restored copy verifies" "$("$purser" verify --data "$restored")" "All agree: 1 balances"
  serve "$restored"
  is "and serves what was there, to the same keys" "$(credits "$(key_of secret_server_key)")" 70
  stop "$pid"
  python3 - "$restored/purser.db" <<'PYTHON'
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("UPDATE ledger SET quantity_after = quantity_after + 1")
connection.commit()
PYTHON
  "$purser" verify --data "$restored" >/dev/null 2>&1
  is "verify: a forged ledger is found" $? 1
}

manual_clock() {
  local folder=$work/manual root future=2040-01-31T12:00:00.000Z
  mkdir -m 700 "$folder"
  serve "$folder" --clock manual
  root=$(<"$folder/root.key")
  is "a manual clock needs the root key" \
    "$(status -H 'content-type: application/json' -d "{\"now\": \"$future\"}" "$url/internal/clock")" 401
  is "a manual clock moves forward" \
    "$(curl -s -H "x-purser-root-key: $root" -H 'content-type: application/json' \
      -d "{\"now\": \"$future\"}" "$url/internal/clock" | jq -r .now)" "$future"
  is "and never back" \
    "$(status -H "x-purser-root-key: $root" -H 'content-type: application/json' \
      -d '{"now": "2039-01-01T00:00:00.000Z"}' "$url/internal/clock")" 400
  stop "$pid"
}

# Stripe's event about a sale is lost; comparing with Stripe finds the sale.
reconcile_a_lost_event() {
  local folder=$work/reconciled key sandbox checkout out
  mkdir -m 700 "$folder"
  serve "$folder" --sandbox-listen 127.0.0.1:0
  sandbox=$(jq -r .sandbox_url "$folder.ready")
  key=$("$purser" project create lost --id lost --data "$folder" --json | jq -r .secret_server_key)
  cat >"$work/lost.yaml" <<YAML
items:
  credits: { display_name: Credits, customer_type: custom }
products:
  pack:
    display_name: Pack
    customer_type: custom
    stackable: true
    prices: { once: { amount: 1000, currency: usd } }
    included_items: { credits: { quantity: 100 } }
YAML
  "$purser" catalog apply "$work/lost.yaml" --project lost --data "$folder" >/dev/null
  checkout=$(curl -s -H "authorization: Bearer $key" -H 'content-type: application/json' \
    -d '{"product_id": "pack"}' "$url/customers/custom/c/checkout" | jq -r .url)
  curl -s -o /dev/null -d 'kind=webhook_lose&count=100' "$sandbox/_sandbox/faults"
  is "a sale whose event is lost" \
    "$(status "$checkout" -d 'number=4242424242424242&expiry=12/40&cvc=123&name=A&email=a@example.com')" 303
  out=$("$purser" reconcile --data "$folder")
  is "reconcile: a difference is status 1" $? 1
  has "reconcile: which is named" "$out" "paid there, not granted here"
  is "reconcile: nothing was changed" "$(credits "$key")" 0
  "$purser" reconcile --repair --dry-run --data "$folder" >/dev/null
  is "reconcile --dry-run: nor by this" "$(credits "$key")" 0
  out=$("$purser" reconcile --repair --data "$folder" --json)
  is "reconcile --repair: mended" "$? $(jq -c '.[0] | [(.drift | length), (.left | length)]' <<<"$out")" "0 [1,0]"
  is "reconcile --repair: granted once" "$(credits "$key")" 100
  "$purser" reconcile --data "$folder" >/dev/null
  is "reconcile: no difference is left" $? 0
  stop "$pid"
}

# A project without a Stripe key of its own connects an account under the platform's (here the sandbox's). It sells
# there, and hears of it.
connect_an_account() {
  local folder=$work/connected admin link checkout
  mkdir -m 700 "$folder"
  serve "$folder" --sandbox-listen 127.0.0.1:0
  admin="authorization: Bearer $("$purser" project create seller --id seller --data "$folder" --json |
    jq -r .super_secret_admin_key)"
  link=$(curl -s -H "$admin" -H 'content-type: application/json' -d '{}' "$url/payments/onboarding" | jq -r .url)
  is "onboarding: the link is a page" "$(status "$link")" 200
  is "onboarding: nothing can be charged before" \
    "$(curl -s -H "$admin" "$url/payments/account" | jq -r .charges_enabled)" false
  is "onboarding: the seller completes it" "$(status -X POST "$link")" 303
  is "onboarding: then it can" "$(curl -s -H "$admin" "$url/payments/account" | jq -r .charges_enabled)" true
  has "onboarding: it is the connected account" \
    "$(curl -s -H "$admin" "$url/payments/account" | jq -r .account_id)" acct_
  "$purser" catalog apply "$work/lost.yaml" --project seller --data "$folder" >/dev/null
  checkout=$(curl -s -H "$admin" -H 'content-type: application/json' -d '{"product_id": "pack"}' \
    "$url/customers/custom/c/checkout" | jq -r .url)
  is "onboarding: a sale in the connected account" \
    "$(status "$checkout" -d 'number=4242424242424242&expiry=12/40&cvc=123&name=A&email=a@example.com')" 303
  curl -s -o /dev/null -X POST "$(jq -r .sandbox_url "$folder.ready")/_sandbox/tick"  # until its events were sent
  is "onboarding: its events come" "$(curl -s -H "$admin" "$url/webhooks/stripe/inbox" |
    jq '[.items[] | select(.type == "checkout.session.completed")] | length')" 1
  stop "$pid"
}

take_a_new_log_level() {
  local folder=$work/levels key
  mkdir -m 700 "$folder"
  printf '[log]\nlevel = "error"\nformat = "json"\n' >"$work/levels.toml"
  serve "$folder" --config "$work/levels.toml"
  key=$("$purser" project create levels --id levels --data "$folder" --json | jq -r .secret_server_key)
  status -H "authorization: Bearer $key" "$url/users" >/dev/null
  is "log.level = error: a request that went well is not logged" "$(grep -c '"Request."' "$folder.log")" 0
  printf '[log]\nlevel = "debug"\nformat = "json"\n' >"$work/levels.toml"
  kill -HUP "$pid"
  until grep -q 'Took log.level' "$folder.log"; do sleep 0.02; done
  status -H "authorization: Bearer $key" "$url/users?limit=1" >/dev/null
  stop "$pid"
  is "SIGHUP: then it is, by its operation" \
    "$(grep '"Request."' "$folder.log" | jq -r 'select(.operation == "listUsers") | .status')" 200
  is "and every line of the log is JSON" \
    "$(grep -v '^Purser serves' "$folder.log" | jq -es 'all(.level != null)' 2>/dev/null)" true
  is "and no key is in it" "$(grep -cF -e "$key" -e "$(<"$folder/root.key")" "$folder.log")" 0
}

data=$work/data
tell_settings
without_a_server
beside_a_server
after_a_kill
restore
manual_clock
reconcile_a_lost_event
connect_an_account
take_a_new_log_level
echo "$failed failed"
[[ $failed == 0 ]]
