#!/usr/bin/env bash
# A registry that redirects to a name which resolves to a private address: with a network and an /etc/hosts of its own, where
# 203.0.113.5 and 10.9.9.5 are registries and storage.test is wherever the test puts it.
if [ -z "${OWN_NETWORK:-}" ]; then
  for program in unshare ip mount python3; do
    command -v $program > /dev/null || { echo "$program is not installed"; exit 77; }
  done
  OWN_NETWORK=1 unshare -mn true 2> /dev/null || { echo "needs to make namespaces (root)"; exit 77; }
  OWN_NETWORK=1 exec unshare -mn "$0" "$@"
fi
. "$(dirname "$0")/common.inc"
unset HTTP_PROXY http_proxy HTTPS_PROXY https_proxy ALL_PROXY all_proxy NO_PROXY no_proxy
mount --make-rprivate /
ip link set lo up
for address in 203.0.113.5 203.0.113.6 10.9.9.5 10.9.9.6; do ip address add $address/32 dev lo; done

make_image 3
cd "$work"
start storage "$N2C" serve --listen 0.0.0.0:0 --insecure-listen --memory --port-file "$work/storage.port"
wait_for 20 test -s storage.port
storage=$(cat storage.port)
"$N2C" push image.json "127.0.0.1:$storage/app:1" --store-root "$work" > push.log 2>&1

# The registry: manifests are its own, blobs and uploads are at storage.test. Every address of this machine is its.
start front python3 "$here/redirecting_registry.py" "$storage" front.port
wait_for 20 test -s front.port
front=$(cat front.port)

are_at() { # are_at REGISTRY STORAGE: the addresses behind the names
  printf '127.0.0.1 localhost\n%s registry.test\n%s storage.test\n' "$1" "$2" > hosts
  umount /etc/hosts 2> /dev/null || true
  mount --bind hosts /etc/hosts
}
pull() { rm -rf pulled; "$N2C" copy "docker://registry.test:$front/app:1" "oci:$work/pulled:1" --plain-http --retry 0 > pull.log 2>&1; }
asked() { grep -c "GET /v2/app/blobs/" storage.log || true; }

before=$(asked)
for address in 127.0.0.1 10.9.9.6; do
  are_at 203.0.113.5 $address
  if pull; then fail "a public registry led to $address"; fi
  check "a public registry does not lead to a name at $address" \
    grep -q "refusing to be led to storage.test, which is at the private address $address" pull.log
  check "nothing was asked there" equal "$(asked)" "$before"
  if "$N2C" push image.json "registry.test:$front/new:1" --plain-http --retry 0 --no-reuse --store-root "$work" > push.log 2>&1; then
    fail "an upload was led to $address"
  fi
  check "nor does its upload Location" grep -q "which is at the private address $address" push.log
done
are_at 203.0.113.5 203.0.113.6
check "it may lead to a public one" pull
check "which was asked" test "$(asked)" -gt "$before"
are_at 10.9.9.5 10.9.9.6
check "a registry in a private network may lead within it" pull
