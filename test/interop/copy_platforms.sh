#!/usr/bin/env bash
# Indexes of images that share a layer and have one of their own each, pulled by a program that asks for a platform (the third
# argument: skopeo, crane or podman): it gets that platform's config and that platform's layers.
. "$(dirname "$0")/common.inc"
. "$here/copy_places.inc"
. "$here/engines.inc"
reader=${3:?usage: $0 N2C machine|today skopeo|crane|podman}
need skopeo jq docker-registry

# Each pulls $1 for architecture $2 and, where there is one, variant $3, and prints the architecture and the layers it got.
config_of() { skopeo inspect --config --raw "$1" | jq -r '.architecture, .rootfs.diff_ids[]'; }
pull_by_skopeo() {
  skopeo --override-os linux --override-arch "$2" ${3:+--override-variant "$3"} copy -q --insecure-policy \
    --src-tls-verify=false "$1" dir:got >/dev/null
  config_of dir:got
  rm -rf got
}
pull_by_crane() {
  crane pull --insecure --platform "linux/$2${3:+/$3}" "${1#docker://}" got.tar
  config_of docker-archive:got.tar
  rm got.tar
}
pull_by_podman() {
  local id
  id=$(podman_here pull -q --tls-verify=false --os linux --arch "$2" ${3:+--variant "$3"} "$1" | tail -n 1)
  podman_here image inspect "$id" | jq -r '.[0] | .Architecture, .RootFS.Layers[]'
  podman_here rmi -f "$id" >/dev/null
}

declare -F "pull_by_$reader" >/dev/null || fail "no reader is called $reader"
need "$reader"
start_docker_registry
cd "$work"
echo '{"Cmd": ["/srv/app"]}' >config.json
put 00000000000000000000000000000000-shared 300000 shared
platforms=(amd64 arm64 arm/v6 arm/v7)
described=()
stored=()
images=()
for n in "${!platforms[@]}"; do
  platform=${platforms[$n]}
  image=image-${platform/\//}
  own=0000000000000000000000000000001$n-own
  put "$own" 100000 app
  "$N2C" image "$image.json" config.json 00000000000000000000000000000000-shared.json "$own.json" --arch "${platform%/*}" 2>>make_image.log
  "$N2C" push "$image.json" "$registry/$image:1" --store-root "$work" -q >/dev/null
  described+=("linux/$platform=./$image.json")
  stored+=("linux/$platform=docker://$registry/$image:1")
  images+=("$image.json")
done
check "the images share one layer and have one of their own each" \
  equal "$(jq -r '.layers[].diff_ids' "${images[@]}" | sort | uniq -c | awk '{print $1}' | sort | xargs)" "1 1 1 1 4"

"$N2C" push --index "${described[@]}" "$registry/pushed:1" --store-root "$work" -q >/dev/null
"$N2C" index "${stored[@]}" "$registry/made:1" -q >/dev/null
if [ "$reader" = skopeo ]; then
  for variant in v6 v7; do
    check "the config of the image for linux/arm/$variant says so" equal \
      "$(skopeo --override-os linux --override-arch arm --override-variant $variant inspect --tls-verify=false --config --raw \
        "docker://$registry/pushed:1" | jq -r .variant)" "$variant"
  done
fi
indexes=("docker://$registry/pushed:1" "docker://$registry/made:1")
for to in "docker://$registry/copied:1" oci:copied.layout:v1 oci-archive:copied.tar:v1; do
  "$N2C" copy "$registry/pushed:1" "$to" -q >/dev/null
  [[ $reader = crane && $to != docker:* ]] || indexes+=("$to") # crane pulls from registries only
done
for index in "${indexes[@]}"; do
  for platform in "${platforms[@]}"; do
    variant=${platform#*/}
    [ "$variant" != "$platform" ] || variant=
    check "$reader gets the config and the layers of $platform from $index" \
      equal "$("pull_by_$reader" "$index" "${platform%/*}" "$variant" | xargs)" \
      "${platform%/*} $(jq -r '.layers[].diff_ids' "image-${platform/\//}.json" | xargs)"
  done
done
