#!/usr/bin/env bash
# A static n2c (scripts/static) in a folder that holds nothing else: it runs there, finds hosts by name and number, and with
# the system's roots it pushes over HTTPS.
#
# usage: alone.sh N2C
. "$(dirname "$0")/common.inc"
need readelf openssl curl jq timeout
! readelf -lW "$N2C" | grep INTERP >/dev/null || fail "this n2c is not a static one: scripts/static makes one"
check "it is smaller than 10 MB: $(stat -c %s "$N2C")" test "$(stat -c %s "$N2C")" -lt 10000000
stack=$(($(readelf -lW "$N2C" | awk '$1 == "GNU_STACK" { print $6 }')))
check "its threads have as much stack as glibc's: $stack" test "$stack" = $((8 << 20))
enter=("$(command -v chroot)")
if [ "$(id -u)" != 0 ]; then
  unshare -r true 2>/dev/null || skip "needs root or user namespaces"
  enter=("$(command -v unshare)" -r "${enter[@]}")
fi
make_image 3
cd "$work"
jail=$work/jail
mkdir "$jail"
cp "$N2C" "$jail/n2c"
alone() { timeout 120 env -i "${enter[@]}" "$jail" /n2c "$@"; }
version=$(alone --version | head -n 1)
check "it runs where there is nothing else: $version" test -n "$version"
check "it says how it is called" grep -q '^Usage: n2c push' <(alone push --help)

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem \
  -addext subjectAltName=DNS:localhost,DNS:registry.test,IP:127.0.0.1,IP:::1 2>openssl.log
secure=(--memory --tls-cert cert.pem --tls-key key.pem --allow-host registry.test)
start_n2c_registry "${secure[@]}"
port=${registry#*:}
mkdir "$jail/nix" "$jail/etc"
cp -a "$work/nix/store" "$jail/nix/"
cp image.json cert.pem "$jail/"
push() { alone push /image.json "$1:$port/app:$2" --digest-file /digest --retry 0 "${@:3}"; }
exit_code() { local status=0; "$@" 2>refused.log || status=$?; echo "$status"; }
check "a name that nobody knows is a failure of the network" equal "$(exit_code push registry.test 1)" 6
printf '127.0.0.1 registry.test\n' >"$jail/etc/hosts"
# A name, since hosts of the loopback are spoken to without TLS.
check "without roots the registry's certificate is refused" equal "$(exit_code push registry.test 1)" 6
check "in these words: $(head -n 1 refused.log)" grep -qi certificate refused.log
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem \
  /etc/pki/tls/cacert.pem /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem; do
  mkdir -p "$jail${bundle%/*}"
  cp cert.pem "$jail$bundle"
  check "with the system's roots in $bundle it pushes over HTTPS" push registry.test 1 2>push.log
  check "and what is there is what it says" equal "$(cat "$jail/digest")" \
    "sha256:$(curl -sf --cacert cert.pem "https://$registry/v2/app/manifests/1" \
      -H 'Accept: application/vnd.oci.image.manifest.v1+json' | sha256sum | cut -d' ' -f1)"
  rm "$jail$bundle"
done
rm "$jail/etc/hosts"
check "localhost needs no file of hosts" push localhost 2 --ca-file /cert.pem 2>push.log
start jailed env -i "${enter[@]}" "$jail" /n2c serve --listen 127.0.0.1:0 --port-file /port --memory
check "it serves where there is nothing else" wait_for 5 test -s "$jail/port"
port=$(cat "$jail/port")
check "and takes what is pushed" push 127.0.0.1 3 2>push.log
if start serve6 "$N2C" serve --listen '[::1]:0' --port-file "$work/port6" "${secure[@]}" && wait_for 5 test -s "$work/port6"; then
  port=$(cat "$work/port6")
  check "IPv6 is spoken" push '[::1]' 4 --ca-file /cert.pem 2>push.log
  printf '::1 registry.test\n127.0.0.1 registry.test\n' >"$jail/etc/hosts"
  check "and a name of both families is found where it listens" push registry.test 5 --ca-file /cert.pem 2>push.log
else
  echo "not seen: this machine has no ::1"
fi
