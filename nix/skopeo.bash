# shellcheck shell=bash
# skopeo's command line, done by n2c: every command and argument of skopeo's is translated, left out because n2c does it
# anyway, or refused with a sentence that says what to use instead. `skopeo help` has the list.
# $N2C is the program that is run. With N2C=echo this prints what would be run.
set -euo pipefail

n2c=${N2C:-n2c}

refuse() {
  echo "skopeo (n2c): $*" >&2
  exit 2
}
left_out() { echo "skopeo (n2c): $*" >&2; }

help() {
  cat <<'TEXT'
skopeo's command line, done by n2c.

  skopeo copy [OPTIONS] SOURCE DESTINATION     n2c push, load or copy
  skopeo inspect [OPTIONS] IMAGE               n2c inspect --skopeo, --config, --raw, --format
  skopeo list-tags [OPTIONS] docker://REPO     n2c tags --json
  skopeo delete [OPTIONS] docker://REFERENCE   n2c delete
  skopeo manifest-digest FILE                  n2c digest --manifest
  skopeo login, logout [OPTIONS] REGISTRY      n2c login, logout

SOURCE and IMAGE: nix:IMAGE.json, docker://, oci:, oci-archive:, docker-archive:, dir:; containers-storage: and
docker-daemon: where podman or docker is there to save the image.
DESTINATION: docker://, oci:, oci-archive:, docker-archive:, dir:, docker-daemon:, containers-storage:.

Options of copy:
  --all, --multi-arch all          every image of an index; otherwise this machine's
  --override-os, -arch, -variant   another machine's
  --format, -f oci|v2s2            the manifest's format
  --digestfile FILE                write the digest there
  --dest-compress-format gzip|zstd, --dest-compress-level N, --dest-compress, --dest-decompress
  --additional-tag NAME            for engines
  --annotation KEY=VALUE           of an image made by Nix
  --src-…, --dest-…                creds, username, password, registry-token, authfile, cert-dir, tls-verify
  --authfile, --retry-times, --image-parallel-copies, --quiet, --debug
Options of the others: the same without --src- and --dest-; of inspect also --config, --raw, --format TEMPLATE,
--no-tags. Every other one of skopeo's is left out, or refused with what to use.
TEXT
  exit 0
}

# ---- reading the command line: the words in $words, what was said by options in ${said[--name]}

declare -a words=() names=() annotations=()
declare -A said=()

# The options that have no value.
is_switch() {
  case $1 in
    --all | -a | --config | --debug | --dest-compress | --dest-decompress | --dest-force-compress-format | \
      --dest-no-creds | --dest-oci-accept-uncompressed-layers | --dest-precompute-digests | --dest-tls-verify | \
      --get-login | --insecure-policy | --keep-going | --no-creds | --no-tags | -n | --password-stdin | \
      --preserve-digests | --quiet | -q | --raw | --remove-signatures | --require-signed | --src-no-creds | \
      --src-tls-verify | --tls-verify | --verbose) ;;
    *) return 1 ;;
  esac
}

has_value() {
  case $1 in
    --additional-tag | --annotation | --authfile | --cert-dir | --command-timeout | --compat-auth-file | --creds | \
      --daemon-host | --decryption-key | --dest-* | --digestfile | --encrypt-layer | --encryption-key | --format | -f | \
      --image-parallel-copies | --multi-arch | --override-* | --password | -p | --policy | --registries-conf | \
      --registries.d | --registry-token | --retry-delay | --retry-times | --shared-blob-dir | --sign-* | --src-* | \
      --tmpdir | --user-agent-prefix | --username | -u) ;;
    *) return 1 ;;
  esac
}

# value NAME VALUE
value() {
  case $1 in
    --additional-tag) names+=("$2") ;;
    --annotation) annotations+=(--annotation "$2") ;;
    -f) said[--format]=$2 ;;
    -u) said[--username]=$2 ;;
    -p) said[--password]=$2 ;;
    --command-timeout) refuse "$1 is not there; put timeout $2 before the command" ;;
    --policy | --registries-conf | --registries.d)
      refuse "$1 is not there: n2c reads no policy and no registries.conf; write the registry's whole name" ;;
    --sign-*) refuse "$1 is not there: n2c does not sign; push with --digestfile and sign that digest with cosign" ;;
    --encrypt-layer | --encryption-key | --decryption-key) refuse "$1 is not there: n2c does not encrypt layers" ;;
    --dest-shared-blob-dir | --src-shared-blob-dir | --shared-blob-dir)
      refuse "$1 is not there: an oci: folder holds its own blobs" ;;
    --retry-delay) left_out "$1 is left out: n2c waits as long as the registry asks, or longer each time" ;;
    *) said[$1]=$2 ;;
  esac
}

# switch NAME true|false
switch() {
  case $1=$2 in
    --dest-no-creds=true | --src-no-creds=true | --no-creds=true)
      refuse "$1 is not there; write {} into a file and give it as --authfile" ;;
    --dest-force-compress-format=true)
      left_out "$1 is left out: layers of a base image stay as they were published" ;;
    --require-signed=true) refuse "$1 is not there: n2c reads no signatures" ;;
    --get-login=true) refuse "$1 is not there: n2c login checks a login, and docker's config.json keeps it" ;;
    -a=* | --all=*) said[--all]=$2 ;;
    -q=* | --quiet=*) said[--quiet]=$2 ;;
    -n=* | --no-tags=*) said[--no-tags]=$2 ;;
    *) said[$1]=$2 ;;
  esac
}

read_words() {
  local name
  while [ $# -gt 0 ]; do
    case $1 in
      --) shift && words+=("$@") && return ;;
      --help | -h) help ;;
      --version) exec "$n2c" --version ;;
      -v) [ ${#words[@]} -gt 0 ] || exec "$n2c" --version ;;
      --*=*)
        name=${1%%=*}
        if is_switch "$name"; then
          case ${1#*=} in true | 1 | t | T | TRUE | True) switch "$name" true ;; *) switch "$name" false ;; esac
        else
          has_value "$name" || refuse "$name is not an argument of skopeo ${words[0]:-}; see skopeo --help"
          value "$name" "${1#*=}"
        fi ;;
      -?*)
        if is_switch "$1"; then
          switch "$1" true
        else
          has_value "$1" || refuse "$1 is not an argument of skopeo ${words[0]:-}; see skopeo --help"
          [ $# -gt 1 ] || refuse "$1 needs a value"
          value "$1" "$2" && shift
        fi ;;
      *) words+=("$1") ;;
    esac
    shift
  done
}

# ---- n2c's options for registries: $registry

declare -a registry=()

ends=() # of the copy, those that are registries: src, dest

# said_of NAME: what --NAME says, or else --dest-NAME or --src-NAME where that end is meant.
said_of() {
  local end
  for end in '' "${ends[@]/%/-}"; do
    if [ -n "${said[--$end$1]-}" ]; then echo "${said[--$end$1]}" && return; fi
  done
}

# n2c has one of these for both ends of a copy. both NAME WHAT: refuses two that differ.
both() {
  local source=${said[--src-$1]-} destination=${said[--dest-$1]-}
  [ -z "$source" ] || [ -z "$destination" ] || [ "$source" = "$destination" ] ||
    refuse "--src-$1 and --dest-$1 differ, and n2c copy has one $2 for both; copy by way of oci:FOLDER"
}

# A folder of certificates in Docker's form, for the registry: ca.crt, client.cert, client.key.
certificates() {
  local file roots=0
  for file in "$1"/*; do
    case $file in
      *.crt) registry+=(--ca-file "$file") && roots=$((roots + 1)) ;;
      *.cert) registry+=(--client-cert "$file" --client-key "${file%.cert}.key") ;;
    esac
  done
  [ $roots -le 1 ] || refuse "--cert-dir: $1 has $roots *.crt files; put the roots into one"
}

# creds END: adds the login of "", "src-" or "dest-" as n2c's option $2.
creds() {
  if [ -n "${said[--$1username]-}" ]; then
    registry+=("$2" "${said[--$1username]}:${said[--$1password]-}")
  elif [ -n "${said[--$1creds]-}" ]; then
    registry+=("$2" "${said[--$1creds]}")
  fi
}

# What both ends of a copy and the other commands share.
common() {
  local file token cert retries
  file=$(said_of authfile) token=$(said_of registry-token) cert=$(said_of cert-dir) retries=${said[--retry-times]-}
  [ -z "$file" ] || registry+=(--auth-file "$file")
  [ -z "$token" ] || registry+=(--registry-token "$token")
  [ "$(said_of tls-verify)" != false ] || registry+=(--tls-verify=false)
  [ -z "$retries" ] || registry+=(--retry "$retries")
  [ -z "$cert" ] || certificates "$cert"
  [ "${said[--debug]-}" != true ] || [ "${words[0]}" = copy ] || registry+=(--debug)
}

# ---- copy

declare -a output=() engine=()

compression() {
  local format=${said[--dest-compress-format]-} level=${said[--dest-compress-level]-}
  if [ "$format" = zstd:chunked ]; then
    left_out "--dest-compress-format zstd:chunked is zstd: n2c writes no table of contents for single files"
    format=zstd
  fi
  if [ -z "$format" ]; then
    if [ "${said[--dest-compress]-}" = true ]; then format=gzip; fi
    # The default, where a level alone is said.
    if [ -n "$level" ] && [[ $1 != dir:* ]]; then format=gzip; fi
    if [ "${said[--dest-decompress]-}" = true ] || [ "${said[--dest-oci-accept-uncompressed-layers]-}" = true ]; then
      format=none level=
    elif [ "${said[--preserve-digests]-}" = true ] && [[ $2 == nix:* ]]; then
      format=none level=
    fi
  fi
  [ -n "$format" ] || return 0
  output+=(--compression "$format$(level "$format" "$level")")
}

# level FORMAT LEVEL: n2c's own level for skopeo's, after a colon
level() {
  local taken=$2
  [ -n "$2" ] || return 0
  case $1 in
    gzip) if [ "$2" -gt 3 ]; then taken=2; elif [ "$2" -gt 0 ]; then taken=1; fi ;;
    zstd) if [ "$2" -gt 19 ]; then taken=19; fi ;;
  esac
  [ "$taken" = "$2" ] || left_out "--dest-compress-level $2 is $1:$taken, which is nearest to it in n2c"
  echo ":$taken"
}

manifest_format() {
  case ${said[--format]-} in
    '') ;;
    oci) output+=(--format oci) ;;
    v2s2) output+=(--format docker) ;;
    *) refuse "--format ${said[--format]} is not there; use oci or v2s2" ;;
  esac
}

copy_options() {
  [ -z "${said[--digestfile]-}" ] || output+=(--digest-file "${said[--digestfile]}")
  [ -z "${said[--image-parallel-copies]-}" ] || output+=(--uploads "${said[--image-parallel-copies]}")
  if [ "${said[--quiet]-}" = true ]; then output+=(--quiet) engine+=(--quiet); fi
  if [ "${said[--debug]-}" = true ]; then output+=(--debug) engine+=(--debug); fi
}

# The engine and the certificates that docker-daemon: is reached by.
docker_at() {
  if [ -n "$1" ]; then export DOCKER_HOST=${1/#http:/tcp:}; fi
  if [ -n "$2" ]; then export DOCKER_CERT_PATH=$2 DOCKER_TLS_VERIFY=1; fi
}

is_destination() {
  case $1 in
    docker://* | docker-daemon:* | oci:* | oci-archive:* | dir:* | docker-archive:*) ;;
    containers-storage:\[*)
      refuse "n2c does not choose podman's storage folder: set it in storage.conf and write containers-storage:NAME:TAG" ;;
    containers-storage:*) ;;
    nix:*) refuse "nix: images cannot be written to" ;;
    *) refuse "$1 is not a destination n2c knows: docker://, docker-daemon:, containers-storage:, oci:, oci-archive:, docker-archive:, dir:" ;;
  esac
}

# An image made by Nix: the destination decides which of n2c's commands it is, and what means anything to it.
copy_nix() {
  local image=${1#nix:} to=$2
  if [[ $to == docker://* ]]; then ends=(dest) && common; fi
  case $to in
    docker://*)
      [ ${#names[@]} -eq 0 ] || refuse "--additional-tag is for archives and engines; n2c push has --tag TAG"
      creds dest- --creds
      exec "$n2c" push "$image" "$to" "${registry[@]}" "${output[@]}" "${annotations[@]}" ;;
    docker-daemon:*)
      docker_at "${said[--dest-daemon-host]-}" "${said[--dest-cert-dir]-}"
      exec "$n2c" load "$image" "${to#docker-daemon:}" "${names[@]}" --engine docker "${engine[@]}" ;;
    containers-storage:*)
      exec "$n2c" load "$image" "${to#containers-storage:}" "${names[@]}" --engine podman "${engine[@]}" ;;
  esac
  # skopeo keeps layers as they are in a dir:, which for an image made by Nix is plain.
  if [[ $to == dir:* && "${output[*]}" != *--compression* ]]; then output+=(--compression none); fi
  [ ${#names[@]} -eq 0 ] || refuse "--additional-tag is not there for $to; copy once for each name"
  exec "$n2c" push "$image" "$to" "${output[@]}" "${annotations[@]}"
}

this_machine() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    armv7*) echo arm/v7 ;;
    armv6*) echo arm/v6 ;;
    i?86) echo 386 ;;
    *) uname -m ;;
  esac
}

# skopeo takes this machine's image of an index, or that of --override-…
platform() {
  local arch=${said[--override-arch]-$(this_machine)}
  echo "${said[--override-os]-linux}/$arch${said[--override-variant]+/${said[--override-variant]}}"
}

# from_engine SOURCE COMMAND...: runs n2c's command on an image of podman's or docker's, which comes through a pipe.
from_engine() {
  local image=${1#*:} program=podman
  local -a form=(--format docker-archive)
  if [[ $1 == docker-daemon:* ]]; then program=docker form=(); fi
  command -v $program >/dev/null ||
    refuse "$1 is read by way of $program, which is not here; push the image and name docker://, or save it and name docker-archive:FILE"
  shift
  $program save "${form[@]}" "$image" | "$n2c" "$@"
}

# Between two registries: options for one of them. A folder of certificates is for both.
each_end() {
  local end
  both cert-dir --ca-file
  for end in src dest; do
    [ -z "${said[--$end-authfile]-}" ] || registry+=(--$end-auth-file "${said[--$end-authfile]}")
    [ "${said[--$end-tls-verify]-}" != false ] || registry+=(--$end-tls-verify=false)
    unset "said[--$end-authfile]" "said[--$end-tls-verify]"
  done
}

copy_stored() {
  local from=$1 to=$2
  [ ${#annotations[@]} -eq 0 ] || refuse "--annotation would change $from, and n2c copies it as it is"
  [ ${#names[@]} -eq 0 ] || refuse "--additional-tag is not there for $from; copy once for each name"
  [[ $to != docker://* ]] || ends+=(dest)
  [[ $from != docker://* ]] || ends+=(src)
  if [ ${#ends[@]} -eq 2 ]; then each_end; fi
  common
  creds src- --src-creds
  creds dest- --dest-creds
  docker_at "${said[--dest-daemon-host]-${said[--src-daemon-host]-}}" ""
  case ${said[--multi-arch]-} in
    '' | system | all) ;;
    *) refuse "--multi-arch ${said[--multi-arch]} is not there; use all or system" ;;
  esac
  case $from in
    containers-storage:* | docker-daemon:*)
      from_engine "$from" copy docker-archive:- "$to" "${registry[@]}" "${output[@]}" ;;
    *)
      if [ "${said[--all]-}" != true ] && [ "${said[--multi-arch]-}" != all ] && [[ $from != *-archive:* ]]; then
        output+=(--platform "$(platform)")
      fi
      exec "$n2c" copy "$from" "$to" "${registry[@]}" "${output[@]}" ;;
  esac
}

copy() {
  # What copyToRegistry and its like are given after -- is where the image goes.
  if [ $# -eq 3 ] && [[ $1 == nix:* ]]; then
    case $3 in
      docker://* | docker-daemon:* | containers-storage:*) set -- "$1" "$3" ;;
      *[/:]*) [[ $3 == *:/* || $2 != docker://* ]] || set -- "$1" "docker://$3" ;;
    esac
  fi
  [ $# -eq 2 ] || refuse "copy takes a source and a destination, and got $# words: $*"
  is_destination "$2"
  manifest_format
  copy_options
  compression "$2" "$1"
  if [[ $1 != nix:* ]]; then copy_stored "$1" "$2"; return; fi
  case ${said[--override-arch]+x}${said[--override-os]+x}${said[--override-variant]+x} in
    ?*) left_out "--override-arch, -os and -variant are left out: an image made by Nix has one platform; set 'arch' in buildImage" ;;
  esac
  copy_nix "$1" "$2"
}

# ---- the other commands

inspect() {
  local -a shown=()
  [ $# -eq 1 ] || refuse "inspect takes one image, and got $# words: $*"
  common
  creds "" --creds
  if [ "${said[--raw]-}" = true ]; then shown+=(--raw); fi
  if [ "${said[--config]-}" = true ]; then shown+=(--config); fi
  if [ -n "${said[--format]-}" ]; then shown+=(--format "${said[--format]}"); fi
  if [ ${#shown[@]} -eq 0 ]; then shown+=(--skopeo); fi
  if [ "${said[--no-tags]-}" = true ]; then shown+=(--no-tags); fi
  if [ -n "${said[--override-os]-}${said[--override-arch]-}${said[--override-variant]-}" ]; then
    shown+=(--platform "$(platform)")
  fi
  docker_at "${said[--daemon-host]-}" ""
  case $1 in
    containers-storage:* | docker-daemon:*) from_engine "$1" inspect docker-archive:- "${shown[@]}" ;;
    nix:* | docker://* | oci:* | oci-archive:* | docker-archive:* | dir:*)
      exec "$n2c" inspect "$1" "${shown[@]}" "${registry[@]}" ;;
    *) refuse "$1 is not an image n2c knows: nix:, docker://, oci:, oci-archive:, docker-archive:, dir:, containers-storage:, docker-daemon:" ;;
  esac
}

at_registry() {
  [ $# -eq 2 ] || refuse "$1 takes one image, and got $(($# - 1)) words: ${*:2}"
  [[ $2 == docker://* ]] || refuse "$1 is for docker://; for $2 use n2c inspect, or what holds it"
  common
  creds "" --creds
}

login() {
  [ $# -eq 2 ] || refuse "$1 takes one registry, and got $(($# - 1)) words: ${*:2}"
  common
  if [ "$1" = logout ]; then exec "$n2c" logout "$2" "${registry[@]}"; fi
  if [ -n "${said[--username]-}" ]; then registry+=(--username "${said[--username]}"); fi
  if [ -n "${said[--password]+x}" ]; then
    printf '%s\n' "${said[--password]}" | "$n2c" login "$2" "${registry[@]}" --password-stdin
    return
  fi
  if [ "${said[--password-stdin]-}" = true ]; then registry+=(--password-stdin); fi
  exec "$n2c" login "$2" "${registry[@]}"
}

read_words "$@"
case "${words[0]:-help}" in
  copy) copy "${words[@]:1}" ;;
  inspect) inspect "${words[@]:1}" ;;
  list-tags) at_registry "${words[@]}" && exec "$n2c" tags "${words[1]}" --json "${registry[@]}" ;;
  delete) at_registry "${words[@]}" && exec "$n2c" delete "${words[1]}" "${registry[@]}" ;;
  manifest-digest)
    [ ${#words[@]} -eq 2 ] || refuse "manifest-digest takes one file, and got $((${#words[@]} - 1)) words: ${words[*]:1}"
    exec "$n2c" digest --manifest "${words[1]}" ;;
  login | logout) login "${words[@]}" ;;
  help) help ;;
  sync) refuse "sync is not there; call n2c copy for each image, or for each tag of n2c tags" ;;
  standalone-sign | standalone-verify | generate-sigstore-key)
    refuse "${words[0]} is not there: n2c does not sign; cosign does" ;;
  *) refuse "${words[0]} is not a command of skopeo that n2c has; see skopeo --help" ;;
esac
