#!/usr/bin/env bash
# dockerd with the containerd store: only blobs it lacks are sent (from 28 on), images are whole, and
# what is asked for compressed is kept compressed.
. "$(dirname "$0")/common.inc"
. "$(dirname "$0")/engines.inc"
need jq python3
export HOME=$work
start_dockerd_containerd_store
make_two_images

# Docker 25 to 27 does not say whether what it pulled is whole, and gets whole archives.
changed=1
[ "$(docker version -f '{{.Server.Version}}' | cut -d. -f1)" -ge 28 ] || changed=$layers
check_loads "$changed"
check "the image runs" equal "$(docker run --rm --network=none app:1 bash -c 'echo $((6 * 7))')" 42
docker create --name whole app:1 >/dev/null
docker export whole | exported_equals changed.json || fail "the exported file system differs"
echo "ok: its file system is that of its layers"
docker rm whole >/dev/null
check "the image can be saved whole" sh -c 'docker save app:1 | tar -t >/dev/null'
check "names are canonical" equal "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep -v '<none>' | sort | xargs)" \
  "app:1 example.org/other:2"

check "gzip layers when asked" load image.json gzip:1 --compression gzip
load image.json gzip:1 --compression gzip >load.out
check "which are there the next time" equal "$(counts)" "$layers layers there, 0 sent"
said=$(load image.json plain:1)
check "and do not stand in for plain ones" equal "$(grep -c 'sending it whole' "$work/load.err" || true)" 0
check "the plain image can be saved whole" sh -c 'docker save plain:1 | tar -t >/dev/null'

remove_all_images
check_two_at_once
saved=$(docker save two:1 two:2 | tar -t | grep -c blobs/sha256/.)
check "images that come after others were removed are whole" test "$saved" -gt "$layers"
remove_all_images
check_killed_load
remove_all_images
check_killed_engine start_dockerd_containerd_store
