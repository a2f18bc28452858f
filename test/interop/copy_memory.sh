#!/usr/bin/env bash
# A copy streams: however large the image, n2c stays below 64 MiB resident. From registry to registry that is shown with an
# image of 5 GiB, which takes 12 GiB of disk; where there are fewer, with one of 1 GiB.
#
#   COPY_MIB=20480 copy_memory.sh N2C     another size
. "$(dirname "$0")/common.inc"
need docker-registry python3

mib=${COPY_MIB:-5120}
free=$(df -Pm "$work" | awk 'NR == 2 {print $4}')
if [ "$free" -lt $((mib * 12 / 5)) ]; then
  echo "only $free MiB of disk are free: the image is one of 1 GiB, not of $mib MiB"
  mib=1024
fi
start_docker_registry
from=$registry
start_n2c_registry --root "$work/second"
cd "$work"

image() { # image NAME MIB: NAME.json of two layers that no codec is asked to look at, so that only bytes are moved
  python3 - "$@" "$work" <<'PY'
import hashlib, json, os, sys
name, mib, work = sys.argv[1:]
layers = []
for i in range(2):
    path = f"{work}/{name}.layer{i}"
    with open(path, "wb") as file:
        file.write(f"{name} {i}".encode())
        file.truncate(int(mib) * (1 << 20) // 2)
    with open(path, "rb") as file: digest = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    layers.append({"digest": digest, "diff_ids": digest, "size": os.path.getsize(path), "layer-path": path,
                   "mediatype": "application/vnd.oci.image.layer.v1.tar", "History": {}})
json.dump({"version": 1, "image-config": {}, "arch": "amd64", "created": None, "layers": layers}, open(f"{name}.json", "w"))
PY
}
lean() { # lean COMMAND...: succeeds when the command does and stayed below 64 MiB
  python3 - "$@" <<'PY'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"  {peak / 1024:.0f} MiB at most", flush=True)
sys.exit(status or peak > 64 * 1024)
PY
}

echo "--- an image of $mib MiB"
image big "$mib"; echo $SECONDS
check "push" lean "$N2C" push big.json "$from/big:1" --compression none -q; echo $SECONDS
check "copy from registry to registry" lean "$N2C" copy "$from/big:1" "$registry/big:1" -q; echo $SECONDS
check "copy inside one registry" lean "$N2C" copy "$from/big:1" "$from/other:1" -q; echo $SECONDS
rm -r second

echo "--- one of 256 MiB, which is four times what n2c may hold"
image small 256
"$N2C" push small.json "$from/small:1" --compression none -q >/dev/null
check "copy into a layout" lean "$N2C" copy "$from/small:1" oci:layout:1 -q
check "copy into an archive" lean "$N2C" copy "$from/small:1" oci-archive:small.tar -q
check "copy out of an archive" lean "$N2C" copy oci-archive:small.tar oci:again:1 -q
check "pull" lean "$N2C" pull "$from/small:1" pulled -q --platform linux/amd64; echo $SECONDS
