# Sourced by scripts that need a running server. Needs $purser (the program) and a temporary folder $work.

server_pid=""

# start_server [OPTION…]: starts it on $work/data and waits until it is ready; sets $url and $server_pid.
start_server() {
  rm -f "$work/ready.json"
  "$purser" serve --data "$work/data" --listen 127.0.0.1:0 --ready-file "$work/ready.json" "$@" \
    >>"$work/server.log" 2>&1 &
  server_pid=$!
  local waited
  for ((waited = 0; waited < 600; ++waited)); do
    if [[ -s $work/ready.json ]]; then
      url=$(jq -r .url "$work/ready.json")
      return 0
    fi
    if ! kill -0 "$server_pid" 2>/dev/null; then break; fi
    sleep 0.05
  done
  echo "the server did not become ready:" >&2
  tail -n 30 "$work/server.log" >&2
  return 1
}

# stop_server: asks it to drain and waits for its end.
stop_server() {
  [[ -n $server_pid ]] || return 0
  kill -TERM "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=""
}

# make_project ID: creates a project with the catalog of examples/ and exports what the examples read.
make_project() {
  "$purser" project create "$1" --id "$1" --data "$work/data" --json >"$work/keys.json"
  PURSER_URL=$url
  PURSER_PROJECT_ID=$(jq -r .project_id "$work/keys.json")
  PURSER_PUBLISHABLE_CLIENT_KEY=$(jq -r .publishable_client_key "$work/keys.json")
  PURSER_SECRET_SERVER_KEY=$(jq -r .secret_server_key "$work/keys.json")
  PURSER_SUPER_SECRET_ADMIN_KEY=$(jq -r .super_secret_admin_key "$work/keys.json")
  export PURSER_URL PURSER_PROJECT_ID PURSER_PUBLISHABLE_CLIENT_KEY PURSER_SECRET_SERVER_KEY
  export PURSER_SUPER_SECRET_ADMIN_KEY
  "$purser" catalog apply "$root/examples/catalog.yaml" --project "$1" --data "$work/data" \
    >"$work/catalog.log"
}
