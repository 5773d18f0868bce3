#!/usr/bin/env bash
# A whole first login and a first message against a running `make run`, by curl. Prints each line before it runs it.
# The lines are the same for every provider; only the key differs. What the *person* does (step 3) is not Herald's:
# there the sandbox is told to say yes where the browser has arrived.
#
#   scripts/first-login.sh <api key>
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: scripts/first-login.sh <api key>" >&2; exit 2; }
key=$1
herald="${HERALD_URL:-http://127.0.0.1:8080}"
sandbox="${SANDBOX_URL:-http://127.0.0.1:9100}"
jar="$(mktemp)"
trap 'rm -f "$jar"' EXIT

# Shows a command as one would type it, then runs it.
run() {
  local word line='$'
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:@=%+,-]+$ ]]; then line+=" $word"; else line+=" '${word//\'/\'\\\'\'}'"; fi
  done
  echo "$line" >&2
  "$@"
}
# The service's call: any status is shown, the caller below decides.
service() { run curl -sS -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@"; }
# The person's browser: one cookie jar.
browser() { run curl -sS -b "$jar" -c "$jar" -o /dev/null "$@"; }
pick() { grep -oE "$1" | sed -n 1p; }
step() { printf '\n# %s\n' "$*" >&2; }
show() { printf '%s\n' "$1" >&2; }
fail() { echo "error: $*" >&2; exit 1; }

step "1. The service starts a login."
login="$(service -X POST "$herald/v1/logins" -d "{\"return_url\":\"$sandbox/shop/signed-in\"}")"
show "$login"
id="$(pick 'log_[A-Za-z0-9_-]+' <<<"$login")" || fail "no login was started"
secret="$(pick 'hcs_[A-Za-z0-9_-]{43}' <<<"$login")"
hosted_url="$(pick '"hosted_url":"[^"]+' <<<"$login" | cut -d'"' -f4)"

step "2. It sends the browser to hosted_url; Herald binds it and takes it to the provider."
arrived="$(browser --fail -L -w '%{url_effective}' "$hosted_url")"
show "$arrived"

step "3. The person says yes, here by the sandbox."
case "$arrived" in
  */oauth/consent*) browser -L -d decision=approve "$arrived" ;;
  */auth/login*)
    csrf="$(awk '$6 == "authara_csrf" { print $7 }' "$jar")"
    browser -L -d email=ivan@demo.example -d password=sandbox-password --data-urlencode "csrf_token=$csrf" "$arrived" ;;
  *) run curl -sS --fail -o /dev/null -X POST "$sandbox/control/antirius/sessions/latest/confirm" ;;
esac

step "4. The service sees it confirmed. It could have waited here all along."
seen="$(service -H 'Prefer: wait=25' "$herald/v1/logins/$id")"
show "$seen"
[[ $seen == *'"status":"confirmed"'* ]] || fail "the login is not confirmed"

step "5. The browser comes home: hosted_url sends it to return_url with the code."
home="$(browser -w '%{redirect_url}' "$hosted_url")"
show "$home"
code="$(pick 'hcc_[A-Za-z0-9_-]{43}' <<<"$home")" || fail "the browser was not sent home with a code"

step "6. The service claims the login: who started it (secret) and whose browser came back (code)."
claim="$(service -X POST "$herald/v1/logins/$id/claim" -d "{\"claim_secret\":\"$secret\",\"code\":\"$code\"}")"
show "$claim"
subject="$(pick 'sub_[A-Za-z0-9_-]+' <<<"$claim")" || fail "the claim gave no subject"
token="$(grep -oE '"access_token":"[^"]+' <<<"$claim" | cut -d'"' -f4)" || fail "the claim gave no session"
refresh="$(pick 'hrt_[A-Za-z0-9_-]+' <<<"$claim")" || fail "the session has no refresh token"

step "7. Any service checks the session's token, without knowing the provider."
verified="$(service "$herald/v1/sessions/verify" -d "{\"credential\":{\"type\":\"token\",\"token\":\"$token\"}}")"
show "$verified"
[[ $verified == *'"active":true'* && $verified == *"$subject"* ]] || fail "the token is not good"

step "8. After ten minutes, or now, the refresh token gives the next pair."
refreshed="$(service "$herald/v1/sessions/refresh" -d "{\"refresh_token\":\"$refresh\"}")"
show "$refreshed"
[[ $refreshed == *'"refresh_token":"hrt_'* ]] || fail "the session was not refreshed"

step "9. It sends the person a message and waits for the outcome."
sent="$(service -X POST "$herald/v1/notifications" -H "Idempotency-Key: hello-$id" -H 'Prefer: wait=10' \
  -d "{\"to\":{\"type\":\"subject\",\"subject\":\"$subject\"},\"message\":{\"type\":\"text\",\"text\":\"Hello from Herald\"}}")"
show "$sent"

step "10. What took effect at the provider."
run curl -sS "$sandbox/control/ledger?operation=send" >&2
echo >&2
case "$sent" in
  *'"status":"sent"'* | *'"status":"delivered"'*) echo "claimed by $subject; message sent" ;;
  *'"code":"unsupported_by_provider"'*) echo "claimed by $subject; this provider carries no messages" ;;
  *) fail "the message was not sent" ;;
esac
