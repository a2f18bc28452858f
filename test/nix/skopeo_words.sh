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
refused "--wrong is not an argument of skopeo copy; see skopeo --help" copy nix:/i docker://a --wrong
refused "--authfile needs a value" copy nix:/i docker://a --authfile
refused "--additional-tag is for archives and engines; n2c push has --tag TAG" copy nix:/i docker://a --additional-tag b:1
refused "atomic:x is not a destination n2c knows: docker://, docker-daemon:, containers-storage:, oci:, oci-archive:, docker-archive:, dir:" \
  copy nix:/i atomic:x
refused "n2c does not choose podman's storage folder: set it in storage.conf and write containers-storage:NAME:TAG" \
  copy nix:/i 'containers-storage:[overlay@/x]a:1'
refused "copy takes a source and a destination, and got 1 words: nix:/i" copy nix:/i
refused "sync is not there; call n2c copy for each image, or for each tag of n2c tags" sync a b
refused "standalone-sign is not there: n2c does not sign; cosign does" standalone-sign a b c
refused "layers is not a command of skopeo that n2c has; see skopeo --help" layers docker://a
refused "inspect takes one image, and got 0 words: " inspect
refused "sif:a is not an image n2c knows: nix:, docker://, oci:, oci-archive:, docker-archive:, dir:, containers-storage:, docker-daemon:" \
  inspect sif:a
refused "delete is for docker://; for oci:a use n2c inspect, or what holds it" delete oci:a
refused "list-tags is for docker://; for docker-archive:a use n2c inspect, or what holds it" list-tags docker-archive:a
refused "--get-login is not there: n2c login checks a login, and docker's config.json keeps it" login --get-login r
refused "logout takes one registry, and got 0 words: " logout

# does EXPECTED ARGUMENTS...: a whole command line
does() {
  local expected=$1
  shift
  same "$*" "$expected" "$(run "$@" || cat "$work/stderr")"
}
machine=linux/$(case $(uname -m) in x86_64) echo amd64 ;; aarch64) echo arm64 ;; *) uname -m ;; esac)

# what copyToRegistry and its like are given after --
does "push /i docker://r/b:2" copy nix:/i docker://r/a:1 docker://r/b:2
does "push /i docker://r/b:2" copy nix:/i docker://r/a:1 r/b:2
does "load /i b:2 --engine docker" copy nix:/i docker-daemon:a:1 docker-daemon:b:2
does "push /i docker://r/b:2 --tls-verify=false" copy nix:/i docker://r/a:1 docker://r/b:2 --dest-tls-verify=false
refused "copy takes a source and a destination, and got 3 words: nix:/i docker://r/a:1 word" copy nix:/i docker://r/a:1 word

# compression
becomes "push /i docker://a --compression gzip:2" docker://a --dest-compress-level 9
becomes "push /i docker://a --compression gzip:1" docker://a --dest-compress-level=3
becomes "push /i dir:f --compression none" dir:f --dest-compress-level 9
becomes "push /i docker://a --compression zstd" docker://a --dest-compress-format zstd:chunked
same "zstd:chunked says so" \
  "skopeo (n2c): --dest-compress-format zstd:chunked is zstd: n2c writes no table of contents for single files" "$(cat "$work/stderr")"
becomes "push /i docker://a --compression zstd:19" docker://a --dest-compress-format zstd --dest-compress-level 22

# between any two addresses
does "copy docker://a docker://b --platform $machine" copy docker://a docker://b
does "copy docker://a docker://b" copy --all docker://a docker://b
does "copy docker://a docker://b --digest-file d" copy -a docker://a docker://b --digestfile d
does "copy docker://a oci:b:1 --platform linux/arm64" copy --override-arch arm64 docker://a oci:b:1
does "copy docker://a oci:b:1 --platform linux/arm/v7" copy --override-arch=arm --override-variant=v7 docker://a oci:b:1
does "copy docker-archive:a.tar docker://b" copy docker-archive:a.tar docker://b
does "copy oci-archive:a.tar docker://b --format docker" copy -f v2s2 oci-archive:a.tar docker://b
does "copy docker://a docker-daemon:b:1 --platform $machine" copy docker://a docker-daemon:b:1
does "copy docker://a docker://b --src-tls-verify=false --dest-tls-verify=false --src-creds u:p --dest-creds v:q" \
  copy --all docker://a docker://b --src-tls-verify=false --dest-tls-verify=false --src-creds u:p --dest-creds v:q
does "copy docker://a docker://b --dest-tls-verify=false" copy --all docker://a docker://b --dest-tls-verify=false
does "copy docker://a docker://b --src-auth-file f --dest-auth-file g" \
  copy --all docker://a docker://b --src-authfile f --dest-authfile g
does "copy docker://a oci:b --tls-verify=false --src-creds u:p" \
  copy --all docker://a oci:b --src-tls-verify=false --src-username u --src-password p --dest-tls-verify=true
does "copy docker://a docker://b --auth-file f" copy --all docker://a docker://b --authfile f
refused "--src-cert-dir and --dest-cert-dir differ, and n2c copy has one --ca-file for both; copy by way of oci:FOLDER" \
  copy docker://a docker://b --src-cert-dir f --dest-cert-dir g
refused "--annotation would change docker://a, and n2c copies it as it is" copy docker://a docker://b --annotation k=v
refused "--multi-arch index-only is not there; use all or system" copy --multi-arch index-only docker://a docker://b

# the other commands
does "inspect nix:/i --skopeo" inspect nix:/i
does "inspect docker://a --format {{.Digest}} --no-tags" inspect --format '{{.Digest}}' -n docker://a
does "inspect docker://a --format {{.Digest}}" inspect -f '{{.Digest}}' docker://a
does "inspect docker://a --raw" inspect --raw docker://a
does "inspect docker://a --raw --config --creds u:p" inspect --config --raw --creds u:p docker://a
does "inspect oci:a:1 --config --tls-verify=false" inspect --config oci:a:1 --tls-verify=false
does "inspect docker://a --skopeo --platform linux/arm64" inspect --override-arch arm64 docker://a
does "tags docker://r/a --json --auth-file f --retry 2" list-tags docker://r/a --authfile f --retry-times 2
does "delete docker://r/a:1 --creds u:p" delete docker://r/a:1 --creds u:p
does "digest --manifest m.json" manifest-digest m.json
does "login r.example --username u --password-stdin" login r.example -u u --password-stdin
does "login r.example --auth-file f --username u --password-stdin" login r.example -u u -p secret --authfile f
does "logout r.example" logout r.example
for words in "copy --help" "--help" help "inspect --help"; do
  # shellcheck disable=SC2086
  run $words | grep -q 'skopeo copy \[OPTIONS\] SOURCE DESTINATION' || same "$words" "its help" "something else"
done

# engines are read through a pipe
mkdir "$work/engines"
printf '#!/bin/sh\necho "archive of $*"\n' | tee "$work/engines/podman" > "$work/engines/docker"
chmod +x "$work/engines/"*
cat > "$work/taker" <<'SH'
#!/usr/bin/env bash
echo "$* <- $(cat)"
SH
chmod +x "$work/taker"
taken() { PATH=$work/engines:$PATH N2C=$work/taker bash "$skopeo" "$@"; }
same "copy containers-storage:" "copy docker-archive:- docker://b <- archive of save --format docker-archive a:1" \
  "$(taken copy containers-storage:a:1 docker://b)"
same "copy docker-daemon:" "copy docker-archive:- oci:b <- archive of save a:1" "$(taken copy docker-daemon:a:1 oci:b)"
same "inspect containers-storage:" \
  "inspect docker-archive:- --format {{.Digest}} <- archive of save --format docker-archive a:1" \
  "$(taken inspect containers-storage:a:1 --format '{{.Digest}}')"
found=$(PATH=$work/none N2C=$work/taker "$BASH" "$skopeo" inspect containers-storage:a:1 2>&1) && same "without podman" refused "$found"
same "containers-storage: without podman" \
  "skopeo (n2c): containers-storage:a:1 is read by way of podman, which is not here; push the image and name docker://, or save it and name docker-archive:FILE" \
  "$found"

[ $failed = 0 ] && echo "ok: skopeo's arguments are translated, left out or refused"
