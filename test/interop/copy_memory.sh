#!/usr/bin/env bash
# A copy streams: however large the image, n2c stays below 64 MiB resident.
#
#   COPY_MIB=5120 copy_memory.sh N2C     the size of the image (1 GiB when unset)
. "$(dirname "$0")/common.inc"
need docker-registry python3 jq

mib=${COPY_MIB:-1024}
start_docker_registry
from=$registry
start_n2c_registry --root "$work/second"
cd "$work"
# Two layers that no codec is asked to look at, so that only bytes are moved.
for i in 1 2; do
  truncate -s $((mib / 2))M "layer$i"
  echo "$i" | dd of="layer$i" conv=notrunc status=none
  sha256sum <"layer$i" | cut -d' ' -f1
done >digests
jq -nR --argjson size $((mib / 2 * 1048576)) --arg work "$work" '[inputs] | {version: 1, "image-config": {}, arch: "amd64", created: null,
  layers: [to_entries[] | {digest: ("sha256:" + .value), diff_ids: ("sha256:" + .value), size: $size,
    mediatype: "application/vnd.oci.image.layer.v1.tar", "layer-path": "\($work)/layer\(.key + 1)", History: {}}]}' digests >image.json

lean() { # lean COMMAND...: succeeds when the command does and stayed below 64 MiB
  python3 - "$@" <<'PY'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"  {peak / 1024:.0f} MiB at most", flush=True)
sys.exit(status or peak > 64 * 1024)
PY
}

echo "an image of $mib MiB"
check "push" lean "$N2C" push image.json "$from/big:1" --compression none -q
rm layer?
check "copy from registry to registry" lean "$N2C" copy "$from/big:1" "$registry/big:1" -q
check "copy inside one registry" lean "$N2C" copy "$from/big:1" "$from/other:1" -q
check "copy into a layout" lean "$N2C" copy "$from/big:1" oci:layout:1 -q
rm -rf layout
check "copy into an archive" lean "$N2C" copy "$from/big:1" oci-archive:big.tar -q
check "copy out of an archive" lean "$N2C" copy oci-archive:big.tar "$registry/again:1" -q
rm big.tar
check "pull" lean "$N2C" pull "$from/big:1" pulled -q --platform linux/amd64
