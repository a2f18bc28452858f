#!/usr/bin/env bash
# dockerd with its classic store: only layers above the known chain are sent, images run and are whole;
# also over tcp with TLS, over ssh, through a context, and from a loopback registry.
. "$(dirname "$0")/common.inc"
. "$(dirname "$0")/engines.inc"
need jq python3 openssl
export HOME=$work
start_dockerd
make_two_images

check_loads 2
load image.json app:1 >/dev/null
check_piped_load
check "a name that was cut off is given to nothing" equal "$(docker images -q cut)" ""
docker rmi piped:1 >/dev/null
load changed.json app:1 >/dev/null
check "the image runs" equal "$(docker run --rm --network=none app:1 bash -c 'echo $((6 * 7))')" 42
docker create --name whole app:1 >/dev/null
docker export whole | exported_equals changed.json || fail "the exported file system differs"
echo "ok: its file system is that of its layers"
docker rm whole >/dev/null
check "every name is the same image" equal "$(docker image inspect -f '{{.Id}}' example.org/other:2)" \
  "$(docker image inspect -f '{{.Id}}' app:1)"
check "the id is that of the config" equal "$(docker image inspect -f '{{.Id}}' app:1)" \
  "$(load changed.json app:1 | grep -o 'sha256:[0-9a-f]*')"

remove_all_images
check "through a loopback registry" load image.json app:1 --via registry
check "the registry's own name is gone" equal "$(docker images --format '{{.Repository}}:{{.Tag}}')" app:1

remove_all_images
check_two_at_once
remove_all_images
check_killed_load
remove_all_images
check_killed_engine start_dockerd


# The same engine under other addresses.
unset DOCKER_HOST
mkdir -p "$HOME/.docker/contexts/meta/$(printf build | sha256sum | cut -c -64)"
echo '{"currentContext": "build"}' > "$HOME/.docker/config.json"
echo '{"Name": "build", "Endpoints": {"docker": {"Host": "unix://'"$socket"'"}}}' \
  > "$HOME/.docker/contexts/meta/$(printf build | sha256sum | cut -c -64)/meta.json"
check "the current Docker context is followed" load image.json context:1
check "and said" grep -q 'the Docker context "build"' "$work/load.err"
rm -r "$HOME/.docker"

mkdir "$work/bin"
cat > "$work/bin/ssh" <<SH
#!/bin/sh
printf '%s\n' "\$*" >> "$work/ssh.said"
while [ "\$1" != docker ]; do shift; done
DOCKER_HOST=unix://$socket exec "\$@"
SH
chmod +x "$work/bin/ssh"
check "an ssh:// host is reached through ssh" env PATH="$work/bin:$PATH" DOCKER_HOST=ssh://me@build:2222 \
  "$N2C" load "$work/image.json" ssh:1 --store-root "$work"
check "by docker system dial-stdio" grep -qx -- '-T -o ConnectTimeout=30 -p 2222 -- me@build docker system dial-stdio' "$work/ssh.said"
check "no ssh is left behind" sh -c '! pgrep -f "dial-stdi[o]"'

stop_last TERM
mkdir "$work/certs"
cd "$work/certs"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem 2>/dev/null
for side in server client; do
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$side" -keyout $side.key -out $side.csr 2>/dev/null
  openssl x509 -req -in $side.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out $side.pem \
    -extfile <(echo "subjectAltName=IP:127.0.0.1") 2>/dev/null
done
cp client.pem cert.pem
cp client.key key.pem
port=$(free_port)
start_dockerd -H "tcp://127.0.0.1:$port" --tlsverify --tlscacert=ca.pem --tlscert=server.pem --tlskey=server.key
cd "$work"
export DOCKER_HOST=tcp://127.0.0.1:$port
check "tcp with TLS takes its certificates from DOCKER_CERT_PATH" \
  env DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$work/certs" "$N2C" load image.json tls:1 --store-root "$work"
rm "$work/certs/cert.pem" "$work/certs/key.pem"
check "and without a client certificate there is none" \
  sh -c "! DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH='$work/certs' '$N2C' load image.json tls:2 --store-root '$work' 2>/dev/null"

stop_last TERM
engines_end
mount -t tmpfs -o size=100m none "$work/dockerd"
start_dockerd
status=0
load fresh.json full:1 >/dev/null || status=$?
check "an engine whose disk is full ends the load with exit code 5" equal "$status" 5
check "in its own words" grep -q 'no space left on device' "$work/load.err"
