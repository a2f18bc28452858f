# shellcheck shell=bash
# skopeo's command line for `copy nix:IMAGE DESTINATION`, done by n2c: every argument of skopeo's copy is translated,
# left out because n2c does it anyway, or refused with a sentence that says what to use instead.
# $N2C is the program that is run. With N2C=echo this prints what would be run.
set -euo pipefail

n2c=${N2C:-n2c}

refuse() {
  echo "skopeo (n2c): $*" >&2
  exit 2
}
left_out() { echo "skopeo (n2c): $*" >&2; }

declare -a words=() registry=() output=() engine=() names=()
declare -A said=()
format='' level='' user='' password=''

# value NAME VALUE: an argument that has one.
value() {
  case $1 in
    --authfile | --dest-authfile) registry+=(--auth-file "$2") ;;
    --dest-creds) registry+=(--creds "$2") ;;
    --dest-username) user=$2 ;;
    --dest-password) password=$2 ;;
    --dest-registry-token) registry+=(--registry-token "$2") ;;
    --dest-cert-dir) said[cert_dir]=$2 ;;
    --dest-compress-format) format=$2 ;;
    --dest-compress-level) level=$2 ;;
    --dest-daemon-host) said[docker_host]=${2/#http:/tcp:} ;;
    --digestfile) output+=(--digest-file "$2") ;;
    --format | -f) manifest_format "$2" ;;
    --annotation) output+=(--annotation "$2") ;;
    --additional-tag) names+=("$2") ;;
    --retry-times) registry+=(--retry "$2") ;;
    --image-parallel-copies) registry+=(--uploads "$2") ;;
    --retry-delay) left_out "$1 is left out: n2c waits as long as the registry asks, or longer each time" ;;
    --tmpdir | --multi-arch | --user-agent-prefix | --src-*) ;;
    --override-arch | --override-os | --override-variant)
      left_out "$1 is left out: an image made by Nix has one platform; set 'arch' in buildImage" ;;
    --command-timeout) refuse "$1 is not there; put timeout $2 before the command" ;;
    --policy | --registries-conf | --registries.d)
      refuse "$1 is not there: n2c reads no policy and no registries.conf; write the registry's whole name" ;;
    --sign-*) refuse "$1 is not there: n2c does not sign; push with --digestfile and sign that digest with cosign" ;;
    --encrypt-layer | --encryption-key | --decryption-key) refuse "$1 is not there: n2c does not encrypt layers" ;;
    --dest-shared-blob-dir) refuse "$1 is not there: an oci: folder from n2c holds its own blobs" ;;
    --dest-*) refuse "$1 is not known to n2c" ;;
  esac
}

manifest_format() {
  case $1 in
    oci) output+=(--format oci) ;;
    v2s2) output+=(--format docker) ;;
    *) refuse "--format $1 is not there; use oci or v2s2" ;;
  esac
}

# switch NAME true|false: an argument that is on or off.
switch() {
  case $1=$2 in
    --dest-tls-verify=false) registry+=(--tls-verify=false) ;;
    --dest-compress=true) format=${format:-gzip} ;;
    --dest-decompress=true | --dest-oci-accept-uncompressed-layers=true | --preserve-digests=true) format=none ;;
    --dest-no-creds=true) refuse "$1 is not there; write {} into a file and give it as --authfile" ;;
    --quiet=true | -q=true) output+=(--quiet) engine+=(--quiet) ;;
    --debug=true) output+=(--debug) engine+=(--debug) ;;
    --dest-force-compress-format=true)
      left_out "$1 is left out: layers of a base image stay as they were published" ;;
    --require-signed=true) refuse "$1 is not there: n2c reads no signatures" ;;
  esac
}

read_words() {
  while [ $# -gt 0 ]; do
    case $1 in
      --) shift && words+=("$@") && return ;;
      --all | -a | --debug | --dest-compress | --dest-decompress | --dest-force-compress-format | --dest-no-creds | \
        --dest-oci-accept-uncompressed-layers | --dest-precompute-digests | --dest-tls-verify | --insecure-policy | \
        --keep-going | --preserve-digests | --quiet | -q | --remove-signatures | --require-signed | --src-no-creds | \
        --src-tls-verify) switch "$1" true ;;
      --*=true | --*=false | --*=1 | --*=0) switch_or_value "${1%%=*}" "${1#*=}" ;;
      --*=*) value "${1%%=*}" "${1#*=}" ;;
      --help | -h) words=(help) && return ;;
      --version | -v) exec "$n2c" --version ;;
      -?*)
        known "$1" || refuse "$1 is not an argument of skopeo copy; see n2c push --help for what n2c has"
        [ $# -gt 1 ] || refuse "$1 needs a value"
        value "$1" "$2" && shift ;;
      *) words+=("$1") ;;
    esac
    shift
  done
}

switch_or_value() {
  case $1 in
    --dest-tls-verify | --dest-compress | --dest-decompress | --dest-oci-accept-uncompressed-layers | --preserve-digests | \
      --dest-no-creds | --quiet | --debug | --dest-force-compress-format | --require-signed)
      case $2 in true | 1) switch "$1" true ;; *) switch "$1" false ;; esac ;;
    --all | --dest-precompute-digests | --insecure-policy | --keep-going | --remove-signatures | --src-*) ;;
    *) value "$1" "$2" ;;
  esac
}

known() {
  case $1 in
    --authfile | --dest-* | --src-* | --digestfile | --format | -f | --annotation | --additional-tag | --retry-times | \
      --retry-delay | --image-parallel-copies | --tmpdir | --multi-arch | --user-agent-prefix | --override-* | \
      --command-timeout | --policy | --registries-conf | --registries.d | --sign-* | --encrypt-layer | --encryption-key | \
      --decryption-key) ;;
    *) return 1 ;;
  esac
}

# A folder of certificates in Docker's form, for the registry: ca.crt, client.cert, client.key.
certificates() {
  local file roots=0
  for file in "${said[cert_dir]}"/*; do
    case $file in
      *.crt) registry+=(--ca-file "$file") && roots=$((roots + 1)) ;;
      *.cert) registry+=(--client-cert "$file" --client-key "${file%.cert}.key") ;;
    esac
  done
  [ $roots -le 1 ] || refuse "--dest-cert-dir: ${said[cert_dir]} has $roots *.crt files; put the roots into one"
}

# The destination decides which of n2c's commands it is, and which arguments mean anything to it.
run() {
  local image=${words[1]#nix:} to=${words[2]}
  [ -z "$user" ] || registry+=(--creds "$user:$password")
  if [ -n "$format" ]; then output+=(--compression "$format${level:+:$level}"); fi
  case $to in
    docker://*)
      [ ${#names[@]} -eq 0 ] || refuse "--additional-tag is for archives and engines; n2c push has --tag TAG"
      if [ -n "${said[cert_dir]:-}" ]; then certificates; fi
      exec "$n2c" push "$image" "$to" "${registry[@]}" "${output[@]}" ;;
    docker-daemon:*)
      if [ -n "${said[docker_host]:-}" ]; then export DOCKER_HOST=${said[docker_host]}; fi
      if [ -n "${said[cert_dir]:-}" ]; then export DOCKER_CERT_PATH=${said[cert_dir]} DOCKER_TLS_VERIFY=1; fi
      exec "$n2c" load "$image" "${to#docker-daemon:}" "${names[@]}" --engine docker "${engine[@]}" ;;
    containers-storage:\[*)
      refuse "n2c does not choose podman's storage folder: set it in storage.conf and write containers-storage:NAME:TAG" ;;
    containers-storage:*)
      exec "$n2c" load "$image" "${to#containers-storage:}" "${names[@]}" --engine podman "${engine[@]}" ;;
    oci:* | oci-archive:* | dir:* | docker-archive:*)
      # skopeo keeps layers as they are in a dir:, which for an image made by Nix is plain.
      if [[ $to == dir:* && -z "$format" ]]; then output+=(--compression none); fi
      [ ${#names[@]} -eq 0 ] || refuse "--additional-tag is not there for $to; copy once for each name"
      exec "$n2c" push "$image" "$to" "${output[@]}" ;;
    nix:*) refuse "nix: images cannot be written to" ;;
    *) refuse "$to is not a destination n2c knows: docker://, docker-daemon:, containers-storage:, oci:, oci-archive:, docker-archive:, dir:" ;;
  esac
}

read_words "$@"
case "${words[0]:-}" in
  copy)
    [ ${#words[@]} -eq 3 ] || refuse "copy takes a source and a destination, and got $((${#words[@]} - 1)) words: ${words[*]:1}"
    [[ ${words[1]} == nix:* ]] || refuse "only nix: images are copied here; for ${words[1]} use n2c copy, or skopeo itself"
    run ;;
  inspect)
    [[ ${words[1]:-} == nix:* ]] || refuse "only nix: images are inspected here; for others use skopeo itself"
    exec "$n2c" inspect "${words[1]#nix:}" --json ;;
  *) refuse "this skopeo copies and inspects images made by Nix: copy nix:IMAGE DESTINATION, inspect nix:IMAGE" ;;
esac
