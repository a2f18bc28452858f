#!/usr/bin/env bash
# A copy streams: however large the image, n2c stays below 64 MiB resident. From registry to registry that is shown with an
# image of 5 GiB, where 12 GiB of disk are free; with one of 1 GiB elsewhere.
#
#   COPY_MIB=20480 copy_memory.sh N2C     another size
. "$(dirname "$0")/common.inc"
need docker-registry python3

mib=${COPY_MIB:-5120}
free=$(df -Pm "$work" | awk 'NR == 2 {print $4}')
if [ "$free" -lt $((mib * 12 / 5)) ]; then
  echo "only $free MiB of disk are free: the image is of 1024 MiB, not of $mib"
  mib=1024
fi
cd "$work"

image() { python3 "$here/sparse_image.py" "$@"; } # image NAME MIB: NAME.json, of two sparse layers
lean() { python3 "$here/peak_memory.py" --at-most 64 "$@"; } # succeeds when the command does and took no more MiB

# The registry that is copied from reads the sparse files; the one that is copied to keeps all their bytes.
image big "$mib"
image small 256
start_n2c_registry --image big:1=big.json
from=$registry
sender=$last
start_docker_registry
echo "--- an image of $mib MiB"
check "copy from registry to registry" lean "$N2C" copy "$from/big:1" "$registry/big:1" -q
check "all of it is there" test "$(du -sm registry | cut -f1)" -ge "$mib"
check "nor did the n2c that served it hold more" test "$(awk '/^VmHWM/ {print $2}' "/proc/$sender/status")" -le 65536
check "copy inside one registry" lean "$N2C" copy "$registry/big:1" "$registry/other:1" -q

echo "--- one of 256 MiB, which is four times what n2c may hold"
check "push" lean "$N2C" push small.json "$registry/small:1" --compression none -q
check "push, gzip" lean "$N2C" push small.json "$registry/gzip:1" --layer-index -q
check "push, zstd, within 96 MiB" python3 "$here/peak_memory.py" --at-most 96 "$N2C" push small.json "$registry/zstd:1" \
  --compression zstd -q
check "copy into a layout" lean "$N2C" copy "$registry/small:1" oci:layout:1 -q
check "copy into an archive" lean "$N2C" copy "$registry/small:1" oci-archive:small.tar -q
check "copy out of an archive" lean "$N2C" copy oci-archive:small.tar "$registry/again:1" -q
check "pull" lean "$N2C" pull "$registry/small:1" pulled -q --platform linux/amd64
