#!/usr/bin/env bash
# Docker pulls an image that n2c serves from the store, runs it, pushes it and pulls it again.
. "$(dirname "$0")/common.inc"
need dockerd docker curl
need_root

docker() { command docker -H "unix://$work/docker.sock" "$@"; }
start dockerd dockerd --data-root "$work/docker" --exec-root "$work/docker-run" --pidfile "$work/docker.pid" \
  -H "unix://$work/docker.sock" --iptables=false --ip6tables=false --bridge=none
wait_for 40 docker info || skip "dockerd does not start here"
make_image
start_n2c_registry --memory --image "app:1=$work/image.json" --store-root "$work"
digest() { curl -sfI "http://$registry/v2/$1/manifests/$2" | tr -d '\r' | sed -n 's/^Docker-Content-Digest: //p'; }

check "docker pulls from the store" docker pull -q "$registry/app:1"
check "by the digest that n2c says" equal \
  "$(docker image inspect --format '{{index .RepoDigests 0}}' "$registry/app:1")" "$registry/app@$(digest app 1)"
check "the image runs" equal \
  "$(docker run --rm --network=none "$registry/app:1" bash -c 'echo hello')" hello
docker tag "$registry/app:1" "$registry/pushed/app:2"
check "docker pushes" docker push -q "$registry/pushed/app:2"
pushed=$(digest pushed/app 2)
docker rmi -f "$registry/app:1" "$registry/pushed/app:2" >/dev/null
check "docker pulls what it pushed" docker pull -q "$registry/pushed/app:2"
check "by the same digest" equal \
  "$(docker image inspect --format '{{index .RepoDigests 0}}' "$registry/pushed/app:2")" "$registry/pushed/app@$pushed"
check "and it runs" equal \
  "$(docker run --rm --network=none "$registry/pushed/app:2" bash -c 'echo again')" again
