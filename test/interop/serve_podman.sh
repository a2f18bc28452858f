#!/usr/bin/env bash
# podman pulls an image that n2c serves from the store, runs it, and pushes it.
. "$(dirname "$0")/common.inc"
need podman curl
need_root

podman() { command podman --root "$work/podman" --runroot "$work/podman-run" "$@"; }
podman info >/dev/null 2>&1 || skip "podman does not start here"
make_image
start_n2c_registry --memory --image "app:1=$work/image.json" --store-root "$work" --compression zstd
digest() { curl -sfI "http://$registry/v2/$1/manifests/$2" | tr -d '\r' | sed -n 's/^Docker-Content-Digest: //p'; }

check "podman pulls zstd layers from the store" podman pull -q --tls-verify=false "$registry/app:1"
check "by the digest that n2c says" equal \
  "$(podman image inspect --format '{{.Digest}}' "$registry/app:1")" "$(digest app 1)"
check "the image runs" equal "$(podman run --rm --network=none --runtime runc \
  --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$registry/app:1" bash -c 'echo hello')" hello
check "podman pushes" podman push -q --tls-verify=false --digestfile "$work/pushed" "$registry/app:1" "$registry/pushed/app:2"
check "and n2c has that digest" equal "$(digest pushed/app 2)" "$(cat "$work/pushed")"
