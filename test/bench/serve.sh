#!/usr/bin/env bash
# How fast n2c serve is: a pull of a 1 GiB layer made from the store, a push of as much into
# memory beside docker-registry, and 200 clients at once. On an otherwise idle machine.
#
#   test/bench/serve.sh N2C [SECONDS]
. "$(dirname "$0")/../interop/common.inc"
seconds=${2:-60}
need curl python3

store=/nix/store/00000000000000000000000000000000-big
mkdir -p "$work$store"
head -c $((1 << 30)) /dev/urandom > "$work$store/file"
cd "$work"
echo "[{\"path\":\"$store\",\"references\":[]}]" > graph.json
echo '{}' > config.json
{ "$N2C" layers-from-reproducible-storepaths layers.json graph.json --store-root "$work" &&
  "$N2C" image image.json config.json layers.json; } 2>/dev/null

resident() { awk '/VmHWM/ {print int($2 / 1024) " MiB at most"}' "/proc/$1/status"; }
layer_of() { curl -sf "http://$registry/v2/big/manifests/latest" | python3 -c 'import json, sys; print(json.load(sys.stdin)["layers"][0]["digest"])'; }
mega() { awk "BEGIN {print int($1 / 1e6) \" MB/s\"}"; }

start_n2c_registry --image big=image.json --store-root "$work"
layer=$(layer_of)
for _ in 1 2 3; do
  echo "pull of 1 GiB from the store: $(mega "$(curl -s -o /dev/null -w '%{speed_download}' "http://$registry/v2/big/blobs/$layer")")"
done
echo "  resident: $(resident "$last")"

digest=$(sha256sum "$work$store/file" | cut -d ' ' -f 1)
push() { # into $registry
  local to
  to=$(curl -s -i -X POST "http://$registry/v2/bench/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  case $to in /*) to=http://$registry$to ;; esac
  case $to in *\?*) to="$to&" ;; *) to="$to?" ;; esac
  mega "$(curl -s -o /dev/null -w '%{speed_upload}' -H Expect: -T "$work$store/file" -X PUT "${to}digest=sha256:$digest")"
}
for _ in 1 2 3; do
  start_n2c_registry --memory
  echo "push of 1 GiB to n2c serve --memory: $(push)"
  kill "$last"
  wait "$last" || true
done
if command -v docker-registry >/dev/null; then
  start_docker_registry
  for _ in 1 2 3; do
    rm -rf "$work/registry"
    echo "push of 1 GiB to docker-registry: $(push)"
  done
fi

start_n2c_registry --memory
head -c 1000000 /dev/urandom > small
digest=$(sha256sum small | cut -d ' ' -f 1)
curl -sf --data-binary @small "http://$registry/v2/app/blobs/uploads/?digest=sha256:$digest" >/dev/null
deadline=$((SECONDS + seconds))
: > statuses
while [ "$SECONDS" -lt "$deadline" ]; do
  curl -s -Z --no-progress-meter --parallel-max 200 -o /dev/null -w '%{http_code}\n' \
    "http://$registry/v2/app/blobs/sha256:$digest?[1-2000]" >> statuses || true
done
echo "200 clients for $seconds s, 1 MB each time: $(sort statuses | uniq -c | tr '\n' ' ')"
echo "  resident: $(resident "$last")"
