#!/usr/bin/env bash
# Drives a running demo through all three providers and looks into the sandbox's ledger: a login through each reaches
# its claim, two of them carry a message. Run by .ci/run as `scripts/run.sh scripts/smoke.sh`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for key in \
  hk_demo-antara-key-for-development-only-000000 \
  hk_demo-antirius-key-for-development-only-0000 \
  hk_demo-authara-key-for-development-only-00000
do
  scripts/first-login.sh "$key"
done
sends="$(curl -sS --fail "$SANDBOX_URL/control/ledger?operation=send" | grep -o '"operation":"send"' | wc -l)"
[ "$sends" -eq 2 ] || { echo "error: the ledger has $sends messages, not 2" >&2; exit 1; }
curl -sS --fail --max-time 5 -o /dev/null "$SANDBOX_URL/shop/"
echo "smoke: three logins claimed, two messages in the ledger, the shop is open"
