#!/usr/bin/env bash
# Every source of `n2c copy` into engines and onto standard output: the same image, by its config's digest.
. "$(dirname "$0")/common.inc"
. "$(dirname "$0")/engines.inc"
need skopeo jq docker-registry
use_own_podman
start_dockerd
start_docker_registry
export HOME=$work
make_image 4
cd "$work"
"$N2C" push image.json "$registry/app:1" --store-root "$work" --image-id-file id -q >/dev/null
image=$(cat id)
for form in oci:src.layout:v1 oci-archive:src.oci.tar:v1 docker-archive:src.docker.tar:app:1 dir:src.dir; do
  "$N2C" copy "docker://$registry/app:1" "$form" -q >/dev/null
done

for from in "$work/image.json" "docker://$registry/app:1" oci:src.layout:v1 oci-archive:src.oci.tar:v1 \
  docker-archive:src.docker.tar:app:1 dir:src.dir; do
  "$N2C" copy "$from" containers-storage:copied:1 --store-root "$work" -q >/dev/null
  check "$from -> containers-storage: the same image" equal "$(podman images -q --no-trunc copied:1)" "$image"
  podman rmi -af >/dev/null
  "$N2C" copy "$from" docker-daemon:copied:1 --store-root "$work" -q >/dev/null
  check "$from -> docker-daemon: the same image" equal "$(docker images -q --no-trunc copied:1)" "$image"
  docker rmi -f copied:1 >/dev/null
  "$N2C" copy "$from" - --store-root "$work" -q >out.tar 2>/dev/null
  check "$from -> standard output: the same image" equal \
    "sha256:$(tar -xOf out.tar manifest.json | jq -r '.[0].Config' | cut -d. -f1)" "$image"
done
