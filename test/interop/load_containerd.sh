#!/usr/bin/env bash
# containerd through ctr: by archives and by a loopback registry, in the namespace asked for.
. "$(dirname "$0")/common.inc"
. "$(dirname "$0")/engines.inc"
need jq python3
export HOME=$work
start_containerd
make_two_images
where_mounted=()
[ -z "$today" ] || where_mounted=("$root/scripts/peers" run)

for road in archive registry; do
  space=$road
  check_loads 1 --engine containerd --namespace $space --via $road
  check "only the names asked for are there" equal "$(ctr -n $space images ls -q | sort | xargs)" \
    "docker.io/library/app:1 example.org/other:2"
  check "the image is whole and unpacked" sh -c "ctr -n $space images check name==docker.io/library/app:1 | grep -q 'complete.*true'"
  mkdir -p "$work/mounted"
  # In one shell, which sees what its ctr mounts.
  "${where_mounted[@]}" sh -c "ctr -n $space images mount docker.io/library/app:1 '$work/mounted' >/dev/null &&
    tar -C '$work/mounted' -c . && ctr -n $space images unmount '$work/mounted' >/dev/null" |
    exported_equals changed.json || fail "the mounted file system differs"
  echo "ok: its file system is that of its layers"
  check "the image runs" equal "$(ctr -n $space run --rm docker.io/library/app:1 "run-$road" bash -c 'echo $((6 * 7))')" 42
  # Namespaces share content: the next road shall find none.
  ctr -n $space images rm --sync $(ctr -n $space images ls -q) >/dev/null
done
check_two_at_once --engine containerd --namespace two
load image.json app:1 --engine containerd --namespace piped >/dev/null
check_piped_load --engine containerd --namespace piped
check_killed_load --engine containerd --namespace killed
check_killed_engine start_containerd --engine containerd --namespace died
