#!/usr/bin/env bash
# Installs what `make test` needs beyond Rust: a C compiler (for aws-lc), curl, openssl, Chromium with its driver (for the tests
# of the pages in a real browser), nginx and Caddy (for the tests of the proxy examples), Redis (they bring their own configuration,
# and a service that Debian starts beside them is not used), Python's venv, and in target/venv the validators of the OpenAPI
# document, of the Kubernetes manifests and of the compose files. Does nothing where everything is there. Never touches the
# system's Python packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv="${CARGO_TARGET_DIR:-target}/venv"
validators=(openapi-spec-validator==0.7.2 kubernetes-validate==1.37.0 check-jsonschema==0.39.0)

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v curl >/dev/null || missing+=(curl ca-certificates)
command -v openssl >/dev/null || missing+=(openssl)
# In /usr/sbin, which is not on everybody's path; any flavour of nginx with auth_request will do.
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || missing+=(nginx-light)
command -v caddy >/dev/null || missing+=(caddy)
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v python3 >/dev/null || missing+=(python3)
command -v redis-server >/dev/null || missing+=(redis-server)
# Debian ships venv apart from python3.
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

if [ ${#missing[@]} -gt 0 ]; then
  sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "error: please install: ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
  fi
  command -v apt-get >/dev/null || { echo "error: please install: ${missing[*]}" >&2; exit 1; }
  echo "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
fi

# The stamp names the versions, so that a new one is installed over an old venv.
stamp="$venv/.installed-$(printf '%s,' "${validators[@]}")"
if [ ! -e "$stamp" ]; then
  echo "installing ${validators[*]} into $venv"
  mkdir -p "$(dirname "$venv")"
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "${validators[@]}"
  touch "$stamp"
fi
