#!/usr/bin/env bash
# Attachments and signatures between real registries and real programs: a table of who can do what where. Each cell is one test;
# a registry or program that is not here is an empty cell. What a registry cannot do is in `known` with its reason.
#
#     attachments_matrix.sh N2C REGISTRY_OF
#
# REGISTRY_OF is test/registry_of of the build. oras comes from $N2C_PEERS (scripts/peers), regctl, registry (distribution 3) and zot
# from $N2C_BENCH_PEERS (test/bench/peers), cosign and notation from $N2C_SIGNERS (scripts/peers signers). No program asks
# anybody but 127.0.0.1: the proxy for all other hosts is a port that nobody listens on.
registry_of=$(realpath -e "${2:?usage: $0 N2C REGISTRY_OF}")
set -- "$1"
. "$(dirname "$0")/common.inc"
cache=${HOME:-/root}/.cache
PATH=$PATH:${N2C_BENCH_PEERS:-$cache/n2c-bench-peers}:${N2C_SIGNERS:-$cache/n2c-signers}/usr/bin
need jq openssl curl
for program in oras regctl cosign notation; do have $program || true; done
cd "$work"
export HOME=$work XDG_CONFIG_HOME=$work/config DOCKER_CONFIG=$work/docker COSIGN_PASSWORD=of-the-tests
export OTEL_TRACES_EXPORTER=none
export HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost
mkdir -p docker
make_image
echo '{"one": 1}' > one.json

# Cells that cannot hold, by "REGISTRY" or "REGISTRY COLUMN", with the reason.
declare -A known=(
  [gitlab]="the tag for a list of referrers is read as the image itself (oras-go#1396)"
  ["gitlab oras_copies"]="oras asks for no other token when one is used up"
  ["gitlab regctl_copies"]="regctl asks for no other token when one is used up"
)
for column in oras_lists oras_copies notation; do
  known["ghcr $column"]="the list of referrers leads to a web page (artifacthub#4785), which oras's library takes for the answer"
done
why_not() { echo "${known["$1 $2"]:-${known[$1]:-}}"; }

logins() { # logins HOST: the one of test/support/token_server.h, where a registry asks for it
  jq -n --arg host "$1" --arg auth "$(printf 'robot:pa55-w0rd-of-the-robot' | base64)" '{auths: {($host): {auth: $auth}}}' > docker/config.json
}
start_named() { # start_named NAME: sets $registry, or fails where it is not here
  local port
  port=$(free_port)
  registry=127.0.0.1:$port
  echo '{}' > docker/config.json
  case $1 in
    docker-registry) command -v docker-registry > /dev/null || return 1 && start_docker_registry ;;
    distribution)
      command -v registry > /dev/null || return 1
      printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s"}\nlog: {level: error}\n' "$work/distribution" "$registry" > distribution.yml
      start distribution registry serve distribution.yml && wait_for 20 curl -sf "http://$registry/v2/"
      ;;
    zot)
      command -v zot > /dev/null || return 1
      jq -n --arg root "$work/zot" --arg port "$port" '{storage: {rootDirectory: $root}, http: {address: "127.0.0.1", port: $port}, log: {level: "error"}}' > zot.json
      start zot zot serve zot.json && wait_for 20 curl -sf "http://$registry/v2/"
      ;;
    "n2c serve") start_n2c_registry --memory ;;
    gitlab | ghcr)
      rm -f port
      start "$1" "$registry_of" "$1" "$work/port"
      wait_for 20 test -s port || fail "$1: $(cat "$1.log")"
      registry=127.0.0.1:$(cat port)
      logins "$registry"
      ;;
  esac
}

# One function a column; each sees $registry, with the image app:1 and one.json attached to it as $digest.
type=application/vnd.acme.one+json
lists() { [[ $("$N2C" referrers "$registry/acme/$1:1") == *$type* ]] || { echo "n2c referrers lists nothing"; return 1; }; }
regctl_here() { regctl --host "reg=$registry,tls=disabled" "$@"; }
column_attach() { "$N2C" attach "$registry/acme/app:1" one.json --type $type > /dev/null && lists app; }
column_oras_lists() { oras discover --plain-http --format json "$registry/acme/app:1" | grep -q $type; }
column_regctl_lists() { regctl_here artifact list "$registry/acme/app:1" --format '{{jsonPretty .}}' | grep -q $type; }
column_n2c_copies() { "$N2C" copy "$registry/acme/app:1" "$registry/acme/n2c-copied:1" --referrers > /dev/null && lists n2c-copied; }
column_oras_copies() { oras copy -r --from-plain-http --to-plain-http "$registry/acme/app:1" "$registry/acme/oras-copied:1" > /dev/null && lists oras-copied; }
column_regctl_copies() { regctl_here image copy --referrers "$registry/acme/app:1" "$registry/acme/regctl-copied:1" > /dev/null && lists regctl-copied; }
column_cosign() {
  "$N2C" push image.json "$registry/acme/cosigned:1" --store-root "$work" -q \
    --sign-with 'cosign sign --yes --key cosign.key --signing-config nowhere.json --allow-http-registry "$N2C_REFERENCE"' > /dev/null &&
    cosign verify --key cosign.pub --insecure-ignore-tlog --trusted-root nobody.json --allow-http-registry "$registry/acme/cosigned:1" > /dev/null &&
    [ -n "$("$N2C" referrers "$registry/acme/cosigned:1" --type application/vnd.dev.sigstore.bundle.v0.3+json)" ]
}
column_cosign_tag() { # cosign 2's way: under the tag sha256-HEX.sig
  local old=(--new-bundle-format=false --allow-http-registry)
  "$N2C" push image.json "$registry/acme/tagged:1" --store-root "$work" -q \
    --sign-with "cosign sign --yes --key cosign.key ${old[*]} --use-signing-config=false --tlog-upload=false \"\$N2C_REFERENCE\"" > /dev/null &&
    cosign verify --key cosign.pub --insecure-ignore-tlog "${old[@]}" "$registry/acme/tagged:1" > /dev/null
}
column_notation() {
  "$N2C" push image.json "$registry/acme/notated:1" --store-root "$work" -q \
    --sign-with 'notation sign --insecure-registry "$N2C_REFERENCE"' > /dev/null &&
    notation verify --insecure-registry "$registry/acme/notated@$("$N2C" digest "$registry/acme/notated:1")"
}
columns=(attach oras_lists regctl_lists n2c_copies oras_copies regctl_copies cosign cosign_tag notation)
program_of() { case $1 in *n2c* | attach) echo true ;; *) echo "${1%%_*}" ;; esac; }

if command -v cosign > /dev/null; then
  cosign generate-key-pair > cosign.log 2>&1
  cosign signing-config create --out nowhere.json 2>> cosign.log && cosign trusted-root create --out nobody.json 2>> cosign.log ||
    skip "cosign makes no configuration without services: $(tail -n 1 cosign.log)"
fi
if command -v notation > /dev/null; then
  notation cert generate-test --default n2c-tests > notation.log 2>&1
  jq -n '{version: "1.0", trustPolicies: [{name: "all", registryScopes: ["*"], signatureVerification: {level: "strict"},
    trustStores: ["ca:n2c-tests"], trustedIdentities: ["*"]}]}' > config/notation/trustpolicy.json
fi

printf '| registry | n2c attaches | oras lists | regctl lists | n2c copies | oras copies | regctl copies | cosign signs, verifies | the same, under a tag | notation signs, verifies |\n' > table
printf '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n' >> table
said() { tail -n 2 cell.log | tr '\n' ' ' | sed "s,$work/\?,,g;s,$registry,HOST,g" | cut -c -300; }
failed=0 passed=0 skipped=0
reasons=() missing=()
for name in docker-registry distribution zot "n2c serve" gitlab ghcr; do
  row="| $name |"
  if ! start_named "$name"; then
    for column in "${columns[@]}"; do row+=" |"; done
    missing+=("$name")
    echo "$row" >> table
    continue
  fi
  "$N2C" push image.json "$registry/acme/app:1" --store-root "$work" -q > /dev/null 2> "push.log" || fail "push to $name: $(cat push.log)"
  for column in "${columns[@]}"; do
    if ! command -v "$(program_of "$column")" > /dev/null; then
      row+=" |"
      missing+=("$(program_of "$column")")
      continue
    fi
    if (set +e; "column_$column") > cell.log 2>&1; then
      row+=" yes |"
      passed=$((passed + 1))
    elif [ -n "$(why_not "$name" "$column")" ]; then
      row+=" no |"
      reasons+=("$name, ${column//_/ }: $(why_not "$name" "$column"): $(said)")
      skipped=$((skipped + 1))
    else
      row+=" **no** |"
      failed=$((failed + 1))
      reasons+=("FAILED: $name, ${column//_/ }: $(tail -n 3 cell.log | cut -c -400)")
    fi
  done
  echo "$row" >> table
done
cat table
printf '%s\n' "${reasons[@]:-}"
[ -z "${N2C_TABLE:-}" ] || cp table "$N2C_TABLE"
echo "$passed cells hold, $failed do not, $skipped cannot for the reason given"
[ "$failed" = 0 ] || exit 1
[ ${#missing[@]} = 0 ] || skip "$passed cells hold; not here: $(printf '%s\n' "${missing[@]}" | sort -u | paste -sd ' ' | sed 's/ /, /g')"
