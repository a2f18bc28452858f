#!/usr/bin/env bash
# Every source of `n2c copy` into every destination: the same manifest digest where the form keeps
# manifests, the same layers where it does not; platforms of an index; pull, as skopeo does it.
. "$(dirname "$0")/common.inc"
. "$here/copy_places.inc"
need skopeo jq docker-registry

start_docker_registry
make_image 4
cd "$work"
"$N2C" push image.json "$registry/app:1" --store-root "$work" --digest-file digest --image-id-file id -q >/dev/null
digest=$(cut -d: -f2 digest)
diff_ids=$(diff_ids_at "docker://$registry/app:1")
"$N2C" copy "docker://$registry/app:1" oci:src.layout:v1 -q >/dev/null
"$N2C" copy "docker://$registry/app:1" oci-archive:src.oci.tar:v1 -q >/dev/null
"$N2C" copy "docker://$registry/app:1" docker-archive:src.docker.tar:app:1 -q >/dev/null
"$N2C" copy "docker://$registry/app:1" dir:src.dir -q >/dev/null

n=0
for from in "$work/image.json" "docker://$registry/app:1" "docker://$registry/app@sha256:$digest" "oci:src.layout:v1" \
  "oci:src.layout@sha256:$digest" "oci-archive:src.oci.tar:v1" "docker-archive:src.docker.tar:app:1" "dir:src.dir"; do
  n=$((n + 1))
  for to in "docker://$registry/to$n:1" "oci:to$n.layout:v1" "oci-archive:to$n.oci.tar:v1" "dir:to$n.dir"; do
    "$N2C" copy "$from" "$to" --store-root "$work" --compression gzip -q >/dev/null
    check "$from -> $to: the same manifest" equal "$(digest_at "$to")" "$digest"
  done
  "$N2C" copy "$from" "docker-archive:to$n.docker.tar:app:1" --store-root "$work" -q >/dev/null
  check "$from -> docker-archive: the same layers" equal "$(diff_ids_at "docker-archive:to$n.docker.tar")" "$diff_ids"
  "$N2C" copy "$from" - --store-root "$work" -q >out.tar 2>/dev/null
  check "$from -> standard output: the same image" equal \
    "sha256:$(tar -xOf out.tar manifest.json | jq -r '.[0].Config' | cut -d. -f1)" "$(cat id)"
done

echo "--- an index"
sed 's/"arch": "[^"]*"/"arch": "arm64"/' image.json >arm64.json
sed 's/"arch": "[^"]*"/"arch": "arm"/' image.json >arm.json
"$N2C" push --index image.json arm64.json linux/arm/v7=./arm.json "$registry/multi:1" --store-root "$work" -q \
  --annotation index:org.opencontainers.image.version=1 >index.out
index=$(digest_at "docker://$registry/multi:1")
check "blobs that the images share are sent once" equal \
  "$(find registry -path '*/multi/_layers/*/link' | wc -l)" "$(($(sort -u <<<"$diff_ids" | wc -l) + 3))"
check "the index has its annotation" equal \
  "$(skopeo inspect --tls-verify=false --raw "docker://$registry/multi:1" | jq -r '.annotations["org.opencontainers.image.version"]')" 1
arch_of() { skopeo inspect --tls-verify=false "$@" | jq -r .Architecture; }
here_arch=$(skopeo inspect --tls-verify=false --config "docker://$registry/app:1" | jq -r .architecture)
check "skopeo finds this machine's image" equal "$(arch_of --override-arch "$here_arch" "docker://$registry/multi:1")" "$here_arch"
check "skopeo --override-arch finds its own" equal "$(arch_of --override-arch arm64 "docker://$registry/multi:1")" arm64
check "skopeo finds the variant" equal "$(arch_of --override-arch arm --override-variant v7 "docker://$registry/multi:1")" arm
for to in "docker://$registry/multi-copy:1" oci:multi.layout:1 oci-archive:multi.tar:1; do
  "$N2C" copy "$registry/multi:1" "$to" -q >/dev/null
  check "an index is copied whole to $to" equal "$(digest_at "$to")" "$index"
done
"$N2C" copy oci:multi.layout:1 "$registry/back:1" -q >/dev/null
check "and back" equal "$(digest_at "docker://$registry/back:1")" "$index"
"$N2C" copy --platform linux/arm64 oci-archive:multi.tar:1 dir:arm64.dir -q >/dev/null
check "--platform copies one image" equal "$(arch_of dir:arm64.dir)" arm64
"$N2C" index oci:src.layout:v1 "linux/arm64=docker://$registry/multi@sha256:$(sha256sum <arm64.dir/manifest.json | cut -d' ' -f1)" \
  oci:made.layout:1 -q >/dev/null
check "n2c index makes one of stored images" equal \
  "$(skopeo inspect --raw oci:made.layout:1 | jq -r '[.manifests[].platform.architecture] | join(" ")')" "$here_arch arm64"

echo "--- pull"
"$N2C" pull "$registry/multi:1" pulled --platform linux/arm64 -q >/dev/null
"$N2C" pull "$registry/multi:1" again --platform linux/arm64 -q >/dev/null
skopeo copy -q --insecure-policy --src-tls-verify=false --override-arch arm64 "docker://$registry/multi:1" dir:by-skopeo >/dev/null
check "two pulls are identical" diff -r pulled again
check "a pull is what skopeo's copy to dir: is" diff -r pulled by-skopeo
"$N2C" image-from-dir base.json pulled 2>/dev/null
check "image-from-dir reads it" equal "$(jq -r '.layers[].diff_ids' base.json)" "$diff_ids"
"$N2C" pull "$registry/multi:1" manifest.json --manifest --platform linux/arm64
check "the raw manifest of one platform" cmp manifest.json pulled/manifest.json
layer=$(jq -r '.layers[0].digest' manifest.json)
"$N2C" pull "$registry/multi@$layer" layer --blob
check "one blob by its digest" equal "sha256:$(sha256sum <layer | cut -d' ' -f1)" "$layer"

echo "--- mounts"
"$N2C" copy "$registry/app:1" "$registry/mounted:1" >mounted.out 2>&1
check "a copy inside one registry sends nothing" grep -q " 0 sent" mounted.out
