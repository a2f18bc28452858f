#!/usr/bin/env bash
# What n2c makes on two kinds of processors: descriptions and zstd are the same bytes, gzip is other bytes of the same content.
#
# usage: two_processors.sh N2C OTHER-N2C    the other is a script of scripts/static's, which calls qemu where that is needed
other=$(realpath -m "${2:?usage: two_processors.sh N2C OTHER-N2C}")
. "$(dirname "$0")/common.inc"
need jq gzip
"$other" --version >/dev/null 2>&1 || skip "there is no $other to compare with: scripts/static makes it"
one=$N2C
described() { # described N2C FOLDER
  mkdir "$work/$2"
  cp "$work/closure.json" "$work/config.json" "$work/rewrites.json" "$work/$2/"
  (
    cd "$work/$2"
    "$1" layers-from-reproducible-storepaths layers.json closure.json --rewrites rewrites.json --max-layers 3 --store-root "$work"
    "$1" image --arch amd64 image.json config.json layers.json
  ) 2>"$work/$2.log"
}
make_image 3
described "$one" one
described "$other" other
check "both describe an image alike" cmp "$work/one/image.json" "$work/other/image.json"

made=()
pushed() { # pushed N2C COMPRESSION FOLDER: an OCI layout; $made is the digests of its layers
  rm -rf "${work:?}/$3"
  XDG_CACHE_HOME=$work/cache-$3 "$1" push "$work/one/image.json" "oci:$work/$3" --compression "$2" --store-root "$work" \
    >/dev/null 2>"$work/push.log"
  local manifest
  manifest=$(jq -r '.manifests[0].digest' "$work/$3/index.json")
  mapfile -t made < <(jq -r '.layers[].digest' "$work/$3/blobs/sha256/${manifest#sha256:}")
  [ ${#made[@]} = 3 ] || fail "$2: three layers are pushed"
}
contents() { # contents FOLDER DIGEST...: of each what gzip makes of it
  local digest
  for digest in "${@:2}"; do gzip -dc <"$work/$1/blobs/sha256/${digest#sha256:}" | sha256sum; done
}
for compression in none zstd zstd:1 zstd:3 zstd:10 gzip:0 gzip gzip:2; do
  pushed "$one" "$compression" a
  mine=("${made[@]}")
  pushed "$other" "$compression" b
  case $compression in
    gzip*)
      same=0
      for at in "${!mine[@]}"; do [ "${mine[at]}" != "${made[at]}" ] || same=$((same + 1)); done
      check "$compression makes the same content on both ($same of ${#mine[@]} layers with the same bytes)" \
        equal "$(contents a "${mine[@]}")" "$(contents b "${made[@]}")"
      ;;
    *) check "$compression makes the same bytes on both" equal "${mine[*]}" "${made[*]}" ;;
  esac
done
