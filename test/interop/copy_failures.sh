#!/usr/bin/env bash
# What goes wrong with copies into local forms leaves nothing half-written: a full disk, SIGKILL at random moments. (What a
# registry can do wrong is in pull_failures.sh.)
. "$(dirname "$0")/common.inc"
need jq docker-registry python3

start_docker_registry
make_image 4
cd "$work"
"$N2C" push image.json "$registry/app:1" --store-root "$work" -q >/dev/null

refused() { # refused CODE WORDS COMMAND...: ends with that code and says that
  local code=$1 words=$2 status=0
  shift 2
  "$@" >out 2>err || status=$?
  [[ $status =~ ^($code)$ ]] && grep -q "$words" err || { echo "  exit $status: $(cat err)"; return 1; }
}

check "a source that is missing" refused "3|5" "no" "$N2C" copy "$registry/absent:1" oci:never.layout:1
check "and no layout was begun for it" test ! -e never.layout

# Two images that share nothing but their base: old is there before, new is being written.
head -c 6000000 /dev/urandom >blob.bin
tar -cf big.tar blob.bin
big=sha256:$(sha256sum <big.tar | cut -d' ' -f1)
jq -n --arg d "$big" --argjson s "$(stat -c %s big.tar)" '{version: 1, "image-config": {}, arch: "amd64", created: null, layers: [{digest: $d, size: $s,
  diff_ids: $d, mediatype: "application/vnd.oci.image.layer.v1.tar", "layer-path": "'"$work"'/big.tar", History: {}}]}' >big.json
"$N2C" push big.json "$registry/big:1" --digest-file big.digest -q >/dev/null
form() { # form KIND FOLDER TAG: the address there
  case $1 in
    oci) echo "oci:$2/layout:$3" ;;
    oci-archive) echo "oci-archive:$2/oci.tar:1" ;;
    docker-archive) echo "docker-archive:$2/docker.tar:app:1" ;;
    dir) echo "dir:$2/dir" ;;
  esac
}
whole() { rm -rf seen && "$N2C" copy "$1" dir:seen -q --digest-file seen.digest >/dev/null 2>seen.err || { cat seen.err; return 1; }; }

echo "--- killed"
for kind in oci oci-archive docker-archive dir; do
  mkdir "killed.$kind"
  "$N2C" copy "$registry/app:1" "$(form $kind "killed.$kind" old)" -q >/dev/null
  whole "$(form $kind "killed.$kind" old)"
  old=$(cat seen.digest)
  killed=0
  for ((i = 0; i < 25; i++)); do
    status=0
    # The braces' redirection is for what the shell itself says about a killed command.
    { timeout -s KILL "0.$(printf %03d $((RANDOM % 120)))" "$N2C" copy "$registry/big:1" "$(form $kind "killed.$kind" new)" -q >/dev/null; } 2>/dev/null || status=$?
    [ $status = 137 ] && killed=$((killed + 1))
    whole "$(form $kind "killed.$kind" old)" || fail "$kind: what was there is broken after a kill"
    if [ $kind = oci ]; then
      [ "$(cat seen.digest)" = "$old" ] || fail "oci: another image under the old tag"
      for file in "killed.$kind"/layout/blobs/sha256/*; do
        [ "$(sha256sum <"$file" | cut -d' ' -f1)" = "${file##*/}" ] || fail "oci: a partial blob under its final name"
      done
    fi
  done
  echo "ok: $kind: $killed of 25 killed on the way, always whole"
  "$N2C" copy "$registry/big:1" "$(form $kind "killed.$kind" new)" -q >/dev/null
  check "$kind: the next copy succeeds" whole "$(form $kind "killed.$kind" new)"
  check "$kind: and leaves nothing of the killed ones" test -z "$(find "killed.$kind" -name '.n2c-*')"
done

echo "--- killed where a file cannot be without a name"
# Without /proc n2c has no way to name it later, as on file systems that have no O_TMPFILE.
named() { exec unshare -m bash -c 'mount -t tmpfs none /proc && exec "$0" copy "$@" -q' "$N2C" "$1" "oci-archive:parts/$2:1"; }
parts() { find parts -name '.n2c-*.part' | wc -l; }
if [ "$(id -u)" = 0 ] && unshare -m mount -t tmpfs none /proc 2>/dev/null; then
  mkdir parts
  # A registry that does not end its answer: the archive stays half-written.
  start slow python3 "$here/stalled_registry.py" "$registry" slow.port go.on
  wait_for 20 test -s slow.port
  slow=127.0.0.1:$(cat slow.port)
  one_part() { [ "$(parts)" = "$1" ]; }
  start dying named "$slow/big:1" a.tar
  wait_for 20 one_part 1
  { kill -KILL "$last" && wait "$last"; } 2>/dev/null || true
  check "a killed writer leaves its part" one_part 1
  dead=$(find parts -name '.n2c-*.part')
  start living named "$slow/big:1" b.tar
  living=$last
  has_another() { one_part 1 && ! test -e "$dead"; }
  check "which the next writer removes" wait_for 20 has_another
  (named "$registry/big:1" c.tar >/dev/null)
  check "but not what another one is writing" one_part 1
  touch go.on
  check "which becomes whole" wait "$living"
  check "and nothing is left" one_part 0
else
  echo "/proc cannot be taken away here: left out"
fi

echo "--- full"
mkdir full
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=20m n2c-full full 2>/dev/null; then
  for kind in oci oci-archive docker-archive dir; do
    "$N2C" copy "$registry/big:1" "$(form $kind full old)" -q >/dev/null
    whole "$(form $kind full old)"
    before=$(cat seen.digest)
    head -c 30000000 /dev/zero >full/filler 2>/dev/null || true
    check "$kind: a full disk is an error" refused 8 "No space left" "$N2C" copy "$registry/app:1" "$(form $kind full new)" -q
    check "$kind: what was there is whole" whole "$(form $kind full old)"
    check "$kind: and the same" equal "$(cat seen.digest)" "$before"
    rm -rf full/*
  done
else
  echo "a small tmpfs cannot be mounted here: full disks are left out"
fi
