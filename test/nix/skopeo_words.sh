#!/usr/bin/env bash
# skopeo's arguments, as people pass them to copyTo* today, and what n2c is asked to do for them.
#
#   skopeo_words.sh SKOPEO.BASH     (or, from the build's tests, the path of n2c, which is not used)
set -euo pipefail
case $1 in *.bash) skopeo=$1 ;; *) skopeo=$(dirname "$0")/../../nix/skopeo.bash ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# A program that prints its words, and the variables an engine is found by.
cat > "$work/n2c" <<'SH'
#!/usr/bin/env bash
echo "${DOCKER_HOST:+DOCKER_HOST=$DOCKER_HOST }${DOCKER_CERT_PATH:+DOCKER_CERT_PATH=$DOCKER_CERT_PATH }$*"
SH
chmod 755 "$work/n2c"
run() { N2C="$work/n2c" bash "$skopeo" --insecure-policy "$@" 2>"$work/stderr"; }

same() {
  if [ "$2" = "$3" ]; then return; fi
  printf 'FAILED: %s\n  expected: %s\n  found:    %s\n' "$1" "$2" "$3"
  failed=1
}
# becomes EXPECTED ARGUMENTS...: after `copy nix:/i`
becomes() {
  local expected=$1
  shift
  same "$*" "$expected" "$(run copy nix:/i "$@" || cat "$work/stderr")"
}
# refused EXPECTED ARGUMENTS...: status 2 and a sentence
refused() {
  local expected=$1 status=0
  shift
  run "$@" > "$work/stdout" || status=$?
  same "$* (status)" 2 "$status"
  same "$* (nothing is run)" "" "$(cat "$work/stdout")"
  same "$*" "skopeo (n2c): $expected" "$(cat "$work/stderr")"
}

# where it goes
becomes "push /i docker://r.example/a:1" docker://r.example/a:1
becomes "load /i a:1 --engine docker" docker-daemon:a:1
becomes "load /i a:1 --engine podman" containers-storage:a:1
becomes "push /i oci:folder:1" oci:folder:1
becomes "push /i oci-archive:a.tar:1" oci-archive:a.tar:1
becomes "push /i docker-archive:a.tar:a:1" docker-archive:a.tar:a:1
becomes "push /i dir:///tmp/a --compression none" dir:///tmp/a

# logins
becomes "push /i docker://a --creds u:p" docker://a --dest-creds u:p
becomes "push /i docker://a --creds u:p" docker://a --dest-creds=u:p
becomes "push /i docker://a --creds u:p" --dest-username u --dest-password p docker://a
becomes "push /i docker://a --auth-file f" docker://a --authfile f
becomes "push /i docker://a --auth-file f" docker://a --dest-authfile=f
becomes "push /i docker://a --registry-token t" docker://a --dest-registry-token t

# the network
becomes "push /i docker://a --tls-verify=false" docker://a --dest-tls-verify=false
becomes "push /i docker://a" docker://a --dest-tls-verify=true
becomes "push /i docker://a" docker://a --dest-tls-verify
becomes "push /i docker://a --retry 3" docker://a --retry-times 3
becomes "push /i docker://a --uploads 2" docker://a --image-parallel-copies 2
touch "$work/ca.crt" "$work/client.cert" "$work/client.key"
becomes "push /i docker://a --ca-file $work/ca.crt --client-cert $work/client.cert --client-key $work/client.key" \
  docker://a --dest-cert-dir "$work"
becomes "DOCKER_HOST=tcp://h:2375 load /i a:1 --engine docker" docker-daemon:a:1 --dest-daemon-host http://h:2375
becomes "DOCKER_HOST=unix:///s load /i a:1 --engine docker" docker-daemon:a:1 --dest-daemon-host=unix:///s
becomes "DOCKER_HOST=tcp://h:2376 DOCKER_CERT_PATH=/c load /i a:1 --engine docker" \
  docker-daemon:a:1 --dest-daemon-host tcp://h:2376 --dest-cert-dir /c

# the form
becomes "push /i docker://a --format docker" docker://a --format v2s2
becomes "push /i docker://a --format oci" docker://a -f oci
becomes "push /i docker://a --compression zstd" docker://a --dest-compress-format zstd
becomes "push /i docker://a --compression zstd:9" docker://a --dest-compress-format zstd --dest-compress-level 9
becomes "push /i oci:f:1 --compression none" oci:f:1 --dest-oci-accept-uncompressed-layers
becomes "push /i dir:f --compression gzip" dir:f --dest-compress
becomes "push /i dir:f --compression none" dir:f --dest-decompress
becomes "push /i docker://a --compression none" docker://a --preserve-digests
becomes "push /i docker://a --digest-file d --quiet" docker://a --digestfile d -q
becomes "push /i docker://a --annotation k=v" docker://a --annotation k=v
becomes "load /i a:1 b:2 --engine docker --quiet" docker-daemon:a:1 --additional-tag b:2 --quiet

# what n2c does by itself, or what says nothing about an image made by Nix
becomes "push /i docker://a" docker://a --all --src-tls-verify=false --dest-precompute-digests --remove-signatures
becomes "push /i docker://a" --tmpdir /t --src-creds u:p docker://a --multi-arch=all
becomes "push /i docker://a" docker://a --override-arch arm64 --retry-delay 3s

# what has another road
refused "--sign-by is not there: n2c does not sign; push with --digestfile and sign that digest with cosign" \
  copy nix:/i docker://a --sign-by me
refused "--policy is not there: n2c reads no policy and no registries.conf; write the registry's whole name" \
  --policy p copy nix:/i docker://a
refused "--format v2s1 is not there; use oci or v2s2" copy nix:/i docker://a --format v2s1
refused "--command-timeout is not there; put timeout 5m before the command" --command-timeout 5m copy nix:/i docker://a
refused "--wrong is not an argument of skopeo copy; see n2c push --help for what n2c has" copy nix:/i docker://a --wrong
refused "--authfile needs a value" copy nix:/i docker://a --authfile
refused "--additional-tag is for archives and engines; n2c push has --tag TAG" copy nix:/i docker://a --additional-tag b:1
refused "atomic:x is not a destination n2c knows: docker://, docker-daemon:, containers-storage:, oci:, oci-archive:, docker-archive:, dir:" \
  copy nix:/i atomic:x
refused "n2c does not choose podman's storage folder: set it in storage.conf and write containers-storage:NAME:TAG" \
  copy nix:/i 'containers-storage:[overlay@/x]a:1'
refused "only nix: images are copied here; for docker://a use n2c copy, or skopeo itself" copy docker://a dir:b
refused "copy takes a source and a destination, and got 1 words: nix:/i" copy nix:/i
refused "this skopeo copies and inspects images made by Nix: copy nix:IMAGE DESTINATION, inspect nix:IMAGE" sync a b

same "inspect" "inspect /i --json" "$(run inspect nix:/i)"
[ $failed = 0 ] && echo "ok: skopeo's arguments are translated, left out or refused"
