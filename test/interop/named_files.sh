#!/usr/bin/env bash
# Files that are named are opened without waiting: a FIFO in the place of any of them is an error at once that names it, as is a folder on the
# way that may not be entered. What a user names on the command line may be a pipe.
. "$(dirname "$0")/common.inc"
need python3

cd "$work"
export HOME=$work/home XDG_RUNTIME_DIR=$work/run XDG_CONFIG_HOME=$work/config
unset DOCKER_CONFIG REGISTRY_AUTH_FILE SSL_CERT_FILE NIX_SSL_CERT_FILE
mkdir home run config
make_image 2
start_n2c_registry
mkfifo fifo
login='{"auths":{"other.example":{"auth":"YTpi"}}}'

n2c() { timeout 20 "$N2C" "$@" --store-root "$work"; }
refused() { # refused WORDS COMMAND...: fails by itself within 4 seconds, and says that
  local words=$1 status=0
  shift
  timeout 4 "$@" </dev/null >out 2>err || status=$?
  [ "$status" != 0 ] && [ "$status" -lt 124 ] && grep -q "$words" err || { echo "  exit $status: $(cat err)"; return 1; }
}
no_file() { refused "$1.*not a regular file" "${@:2}"; }
in_place() { # in_place NAME COMMAND...: with a FIFO of that name
  local name=$1
  shift
  mkdir -p "$(dirname "$name")"
  rm -f "$name"
  mkfifo "$name"
  no_file "$name" "$@"
  rm "$name"
}

echo "--- a FIFO in the place of"
n2c push image.json oci:layout:1 -q >out
for name in index.json oci-layout; do
  cp -r layout odd
  rm "odd/$name"
  mkfifo "odd/$name"
  check "a layout's $name, written to" no_file "odd/$name" "$N2C" push image.json oci:odd:1 --store-root "$work"
  check "a layout's $name, read" refused "odd.*$name\|odd: no OCI layout" "$N2C" copy oci:odd:1 oci:other
  rm -r odd
done
n2c push image.json dir:dir -q >out
rm dir/manifest.json
mkfifo dir/manifest.json
check "a dir: folder's manifest.json, written to" no_file dir/manifest.json "$N2C" push image.json dir:dir --store-root "$work"
check "an archive" refused "fifo is a pipe or a device" "$N2C" copy oci-archive:fifo oci:other
for name in home/.docker/config.json config/containers/auth.json run/containers/auth.json; do
  check "$name, read" in_place "$name" "$N2C" push image.json "$registry/a:1" --store-root "$work"
done
check "an auth file, logged in to" no_file fifo "$N2C" login --auth-file fifo "$registry" --creds a:b
check "an auth file, logged out of" no_file fifo "$N2C" logout --auth-file fifo "$registry"
for name in ca.crt me.cert; do
  mkdir -p "config/containers/certs.d/$registry"
  touch "config/containers/certs.d/$registry/me.key"
  check "a host's $name" in_place "config/containers/certs.d/$registry/$name" "$N2C" push image.json "$registry/a:1" --store-root "$work"
done
rm -r config/containers/certs.d
check "a client's key" no_file fifo "$N2C" push image.json "$registry/a:1" --store-root "$work" --client-cert image.json --client-key fifo
check "the system's roots" no_file fifo env SSL_CERT_FILE=fifo "$N2C" push image.json "$registry/a:1" --store-root "$work" --ca-file image.json
mkdir -p cache/n2c
rm -f cache/n2c/pushes
mkfifo cache/n2c/pushes
check "the cache, which is then none" n2c push image.json "$registry/a:1" -q
rm cache/n2c/pushes

echo "--- a pipe on the command line"
check "of an image.json" n2c push <(cat image.json) dir:piped -q
check "of an image.json on standard input" n2c push /dev/stdin dir:piped -q < <(cat image.json)
check "of a config and of layers" "$N2C" image again.json <(cat config.json) <(cat layers.json)
check "is what the file is" cmp again.json image.json
check "of an auth file" n2c push image.json "$registry/a:2" -q --auth-file <(echo "$login")
check "of an auth file in the environment" env REGISTRY_AUTH_FILE=/dev/fd/9 timeout 20 "$N2C" push image.json "$registry/a:3" -q --store-root "$work" 9< <(echo "$login")

echo "--- a folder that may not be entered"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod 755 "$work"
  chmod -R a+rX nix image.json
  mkdir -p closed/.docker open
  echo "$login" >closed/.docker/config.json
  chmod 700 closed
  echo "$login" >open/config.json
  chmod 600 open/config.json
  chmod 777 open
  as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent)
  cp "$N2C" open/n2c # the build may be where nobody may not go
  check "is no missing login to a push" refused "closed/.docker/config.json: Permission denied" \
    "${as_nobody[@]}" DOCKER_CONFIG="$work/closed/.docker" "$work/open/n2c" push image.json "$registry/a:4" --store-root "$work"
  check "nor to a login" refused "closed/.docker/config.json.*Permission denied" \
    "${as_nobody[@]}" DOCKER_CONFIG="$work/closed/.docker" "$work/open/n2c" login "$registry" --creds a:b
  check "a file that may not be read is not replaced" refused "open/config.json: Permission denied" \
    "${as_nobody[@]}" "$work/open/n2c" login --auth-file "$work/open/config.json" "$registry" --creds a:b
  check "and is as it was" equal "$(cat open/config.json)" "$login"
  chown 1000:1001 open/config.json
  check "a user's file that root logs in to" "$N2C" login --auth-file open/config.json "$registry" --creds a:b
  check "stays the user's" equal "$(stat -c %u:%g:%a open/config.json)" 1000:1001:600
else
  echo "(needs root and setpriv)"
fi

echo "--- logins at the same time"
echo "$login" >many.json
pids=()
hosts=()
for i in 1 2 3 4 5 6 7 8; do
  start_n2c_registry
  hosts+=("$registry")
done
for host in "${hosts[@]}"; do
  "$N2C" login --auth-file many.json "$host" --creds a:b >"login.$host.log" 2>&1 &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "a login: $(cat login.*.log)"; done
check "are all kept" equal "$(grep -o '"auth"' many.json | wc -l)" 9
check "and leave no lock" test ! -e many.json.lock
