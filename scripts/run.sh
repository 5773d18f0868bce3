#!/usr/bin/env bash
# Starts Herald with the demo tenants and the sandbox beside it, waits until both answer, says what to do with them, and
# stops both on Ctrl-C. `make run` builds the binary first. With a command as arguments it runs that instead of waiting,
# and ends with its status: `scripts/run.sh scripts/smoke.sh`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

herald="${CARGO_TARGET_DIR:-target}/debug/herald"
# One spelling of the host everywhere: cookies do not care about ports, but they do about names.
host=127.0.0.1
herald_port=8080 management_port=9090 sandbox_port=9100
export HERALD_URL="http://$host:$herald_port" SANDBOX_URL="http://$host:$sandbox_port"
log_folder="data/log"

fail() { echo "error: $*" >&2; exit 1; }
is_taken() { (exec 3<>"/dev/tcp/$host/$1") 2>/dev/null; }
answers() { curl --silent --fail --max-time 2 --output /dev/null "$1"; }

[ -x "$herald" ] || fail "$herald is missing; build it with: cargo build -p herald-server"
command -v curl >/dev/null || fail "curl is missing; scripts/install.sh installs it"
for port in $herald_port $management_port $sandbox_port; do
  ! is_taken $port || fail "port $port on $host is taken; stop what listens there (ss -ltnp 'sport = :$port' names it)"
done
mkdir -p "$log_folder"

pids=()
stop() {
  trap - EXIT INT TERM
  [ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits until $2 answers, or tells what the process $3 said before it ended.
wait_for() {
  local name=$1 url=$2 pid=$3
  for _ in $(seq 300); do
    if answers "$url"; then return; fi
    kill -0 "$pid" 2>/dev/null || { tail -n 20 "$log_folder/$name.log" >&2; fail "$name did not start (its log is above)"; }
    sleep 0.1
  done
  fail "$name does not answer at $url after 30 s; see $log_folder/$name.log"
}

"$herald" sandbox --demo --listen "$host:$sandbox_port" --herald "$HERALD_URL" >"$log_folder/sandbox.log" 2>&1 &
pids+=($!)
wait_for sandbox "$SANDBOX_URL/control/credentials" $!
"$herald" serve --config deploy/demo.toml >"$log_folder/herald.log" 2>&1 &
pids+=($!)
wait_for herald "http://$host:$management_port/readyz" $!

if [ $# -gt 0 ]; then "$@"; exit; fi

antara=hk_demo-antara-key-for-development-only-000000
antirius=hk_demo-antirius-key-for-development-only-0000
authara=hk_demo-authara-key-for-development-only-00000
cat <<TEXT

  Herald is at     $HERALD_URL          (API description: $HERALD_URL/docs/)
  The sandbox at   $SANDBOX_URL          (what it accepts, and links to its pages)
  The demo shop    $SANDBOX_URL/shop/    <- open this in a browser and sign in
  Operations       http://$host:$management_port/livez /readyz /metrics
  Logs             $log_folder/herald.log, $log_folder/sandbox.log

A whole first login and a first message, curl line by curl line. Only the key differs between the providers:

  scripts/first-login.sh $antara
  scripts/first-login.sh $antirius
  scripts/first-login.sh $authara

The same by hand. Start a login:

  curl -sS -X POST $HERALD_URL/v1/logins -H 'Authorization: Bearer $antirius' \\
    -H 'Content-Type: application/json' -d '{"return_url":"$SANDBOX_URL/shop/signed-in"}'

Let the browser of the answer's \`hosted_url\` in and say yes as the person at the messenger:

  JAR=\$(mktemp)
  curl -sS -L -o /dev/null -b \$JAR -c \$JAR HOSTED_URL
  curl -sS -X POST $SANDBOX_URL/control/antirius/sessions/latest/confirm

See it confirmed, bring the browser home (the address printed carries \`code\`), and claim the login:

  curl -sS $HERALD_URL/v1/logins/LOGIN_ID -H 'Authorization: Bearer $antirius' -H 'Prefer: wait=25'
  curl -sS -o /dev/null -w '%{redirect_url}\\n' -b \$JAR -c \$JAR HOSTED_URL
  curl -sS -X POST $HERALD_URL/v1/logins/LOGIN_ID/claim -H 'Authorization: Bearer $antirius' \\
    -H 'Content-Type: application/json' -d '{"claim_secret":"hcs_…","code":"hcc_…"}'

Send a message to the claim's \`subject\`, and read what reached the provider:

  curl -sS -X POST $HERALD_URL/v1/notifications -H 'Authorization: Bearer $antirius' \\
    -H 'Content-Type: application/json' -H "Idempotency-Key: hello-\$(date +%s)" -H 'Prefer: wait=10' \\
    -d '{"to":{"type":"subject","subject":"sub_…"},"message":{"type":"text","text":"Hello"}}'
  curl -sS '$SANDBOX_URL/control/ledger?operation=send'

Antara tells of each message that was delivered: with its key the notification is \`delivered\` soon after it is \`sent\`. And

  curl -sS -X DELETE $SANDBOX_URL/control/authara/users/anna@demo.example

deletes a user at Authara, which ends that person's sessions. What the providers sent to Herald, and how it answered:

  curl -sS $SANDBOX_URL/control/webhook-deliveries

Ctrl-C stops both.
TEXT

# Whichever ends first ends the other: half a demo would only puzzle.
wait -n || true
fail "one of the two ended; see $log_folder/"
