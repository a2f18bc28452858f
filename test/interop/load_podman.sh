#!/usr/bin/env bash
# podman through its program, by a loopback registry and by archives, and through its API socket.
. "$(dirname "$0")/common.inc"
. "$(dirname "$0")/engines.inc"
need jq python3 curl
export HOME=$work
use_own_podman
make_two_images

# crun refuses hybrid cgroups, as some virtual machines have them; runc does not.
need runc
podman() { command podman --runtime runc "$@"; }
limits=(--network=none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
for road in registry archive; do
  check_loads 1 --engine podman --via $road
  check "the image runs" equal "$(podman run --rm "${limits[@]}" app:1 bash -c 'echo $((6 * 7))')" 42
  container=$(podman create "${limits[@]}" app:1)
  podman export "$container" | exported_equals changed.json || fail "the exported file system differs"
  echo "ok: its file system is that of its layers"
  podman rm "$container" >/dev/null
  check "only the names asked for are there" equal \
    "$(podman images --format '{{.Repository}}:{{.Tag}}' | grep -v '<none>' | sort | xargs)" "docker.io/library/app:1 example.org/other:2"
  podman rmi -af >/dev/null
done
check_two_at_once --engine podman
podman rmi -af >/dev/null
load image.json app:1 --engine podman >/dev/null
check_piped_load --engine podman
podman rmi -af >/dev/null
check_killed_load --engine podman
podman rmi -af >/dev/null

start podman env podman --runtime runc system service --time 0 "unix://$work/p.sock"
wait_for 20 curl -sf --unix-socket "$work/p.sock" http://localhost/_ping
export DOCKER_HOST=unix://$work/p.sock
check_loads 1
check "the socket is told apart from Docker's" grep -q 'podman .* (its API)' "$work/load.err"
start_n2c_registry
"$N2C" push image.json "$registry/app:1" --store-root "$work" --compression gzip --format docker --digest-file digest -q >/dev/null
podman_has() { podman image inspect stored:1 | jq -r '.[0].Digest'; }
"$N2C" copy "docker://$registry/app:1" docker-daemon:stored:1 -q --digest-file said >/dev/null
check "of an image that is there with another manifest, the digest is the one that podman has" equal "$(cat said)" "$(podman_has)"
podman rmi -af >/dev/null
"$N2C" copy "docker://$registry/app:1" docker-daemon:stored:1 -q --digest-file said >/dev/null
check "and so it is of one that podman makes a manifest for" equal "$(cat said)" "$(podman_has)"
