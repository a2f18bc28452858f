#!/usr/bin/env bash
# Every source of `n2c copy` into an engine, which is the third argument: the same image, by its config's digest; compressed
# as the registry has it, the same manifest, where the engine keeps manifests.
. "$(dirname "$0")/common.inc"
. "$here/engines.inc"
engine=${3:?usage: $0 N2C machine|today podman|docker|docker_containerd_store}
need skopeo jq docker-registry
export HOME=$work
remove() { docker rmi -f copied:1 >/dev/null; }
case $engine in
  podman)
    use_own_podman
    there=containers-storage:copied:1
    image_there() { podman images -q --no-trunc copied:1; }
    manifest_there() { podman image inspect copied:1 | jq -r '.[0].Digest'; }
    remove() { podman rmi -af >/dev/null; }
    ;;
  docker)
    start_dockerd
    there=docker-daemon:copied:1
    image_there() { docker images -q --no-trunc copied:1; }
    ;;
  docker_containerd_store)
    start_dockerd_containerd_store
    there=docker-daemon:copied:1
    image_there() { docker save copied:1 | tar -xOf - manifest.json | jq -r '.[0].Config' | sed 's,.*/,sha256:,'; }
    manifest_there() { docker images -q --no-trunc copied:1; }
    ;;
  *) fail "no engine is called $engine" ;;
esac
start_docker_registry
make_image 4
cd "$work"
"$N2C" push image.json "$registry/app:1" --store-root "$work" --image-id-file id --digest-file digest -q >/dev/null
for form in oci:src.layout:v1 oci-archive:src.oci.tar:v1 docker-archive:src.docker.tar:app:1 dir:src.dir; do
  "$N2C" copy "docker://$registry/app:1" "$form" -q >/dev/null
done

for from in "$work/image.json" "docker://$registry/app:1" oci:src.layout:v1 oci-archive:src.oci.tar:v1 \
  docker-archive:src.docker.tar:app:1 dir:src.dir; do
  "$N2C" copy "$from" "$there" --store-root "$work" -q >/dev/null
  check "$from -> $there: the same image" equal "$(image_there)" "$(cat id)"
  remove
  [ "$engine" != docker ] || continue # the classic store keeps no manifest
  "$N2C" copy "$from" "$there" --store-root "$work" --compression gzip --digest-file said -q >/dev/null
  check "$from -> $there, compressed: the same manifest" equal "$(manifest_there)" "$(cat digest)"
  check "and its digest is what n2c says" equal "$(cat said)" "$(cat digest)"
  remove
done

# Docker before 23 unpacks no zstd (Debian 12 has 20.10): it gets these layers plain.
"$N2C" push image.json "$registry/zstd:1" --store-root "$work" --compression zstd --digest-file digest -q >/dev/null
"$N2C" copy "docker://$registry/zstd:1" "$there" -q >/dev/null
check "layers by zstd: the same image" equal "$(image_there)" "$(cat id)"
[ "$engine" = docker ] || check "and the same manifest" equal "$(manifest_there)" "$(cat digest)"
remove

# What another program wrote keeps its bytes where the engine keeps manifests; where it keeps none, what n2c says is asked of it.
"$N2C" copy "docker://$registry/app:1" "docker://$registry/dockers:1" --format docker -q >/dev/null
skopeo inspect --tls-verify=false --raw "docker://$registry/dockers:1" | jq -S . >indented.json
curl -sf -o put.out -X PUT -H 'Content-Type: application/vnd.docker.distribution.manifest.v2+json' --data-binary @indented.json \
  "http://$registry/v2/dockers/manifests/indented"
written=sha256:$(sha256sum <indented.json | cut -d' ' -f1)
"$N2C" copy "docker://$registry/dockers:indented" "$there" --digest-file said >result 2>notes
check "a manifest in Docker's format: the same image" equal "$(image_there)" "$(cat id)"
if [ "$engine" = docker ]; then
  check "the closing line has the digest that the engine has" grep -q "@$(image_there) " notes
  check "and it is said to be the image's id" grep -q "keeps no manifests" notes
else
  check "the manifest has the bytes that were there" equal "$(manifest_there)" "$written"
  check "the closing line has its digest" grep -q "@$written " notes
fi
check "and so has --digest-file" grep -q "@$(cat said) " notes
names=$("${engine%%_*}" images --format '{{.Repository}}')
check "no name of a registry that is gone is left" sh -c "! printf '%s\n' '$names' | grep -q '^127[.]'"
