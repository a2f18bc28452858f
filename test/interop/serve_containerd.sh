#!/usr/bin/env bash
# containerd pulls an image that n2c serves from the store, runs it, and pushes it.
. "$(dirname "$0")/common.inc"
need containerd ctr curl
need_root

ctr() { command ctr -a "$work/containerd.sock" "$@"; }
start containerd containerd --root "$work/containerd" --state "$work/containerd-run" --address "$work/containerd.sock"
wait_for 30 ctr version || skip "containerd does not start here"
make_image
start_n2c_registry --memory --image "app:1=$work/image.json" --store-root "$work"
digest() { curl -sfI "http://$registry/v2/$1/manifests/$2" | tr -d '\r' | sed -n 's/^Docker-Content-Digest: //p'; }

check "containerd pulls from the store" ctr images pull --plain-http "$registry/app:1"
check "by the digest that n2c says" equal \
  "$(ctr images ls "name==$registry/app:1" | awk 'NR == 2 {print $3}')" "$(digest app 1)"
check "the image runs" equal "$(ctr run --rm "$registry/app:1" "n2c-$$" bash -c 'echo hello')" hello
check "containerd pushes" ctr images push --plain-http "$registry/pushed/app:2" "$registry/app:1"
check "and n2c has that digest" equal "$(digest pushed/app 2)" "$(digest app 1)"
