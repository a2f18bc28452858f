#!/usr/bin/env bash
# A push through an HTTP proxy that wants a password (tinyproxy), to a registry that only the
# proxy can find.
. "$(dirname "$0")/common.inc"
need tinyproxy jq
start_docker_registry
make_image 3
cd "$work"
export HOME=$work XDG_CACHE_HOME=$work/cache
unset NO_PROXY no_proxy HTTPS_PROXY https_proxy
port=$(free_port)
cat > tinyproxy.conf <<CONF
Port $port
Listen 127.0.0.1
Timeout 60
LogFile "$work/tinyproxy-access.log"
LogLevel Info
MaxClients 50
BasicAuth proxyuser proxyPassw0rd
Upstream http $registry "registry.test"
CONF
start tinyproxy tinyproxy -d -c "$work/tinyproxy.conf"
answers() { [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")" != 000 ]; }
wait_for 20 answers
push() { "$N2C" push image.json registry.test/acme/app:1 --plain-http --store-root "$work" "$@" >out 2>err; }

status=0
http_proxy=http://127.0.0.1:$port push || status=$?
check "without the proxy's password the push is refused as a login" equal "$status" 4
status=0
http_proxy=http://proxyuser:proxyPassw0rd@127.0.0.1:$port push --debug || status=$?
[ "$status" = 0 ] || cat err
check "with it the push goes through" equal "$status" 0
check "to the registry behind" curl -sf -o manifest -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
  "http://$registry/v2/acme/app/manifests/1"
check "all of it" equal "$(jq '.layers | length' manifest)" "$(jq '.layers | length' image.json)"
check "by way of the proxy" grep -q registry.test tinyproxy-access.log
check "the proxy's password was not printed" equal "$(cat out err | grep -c 'proxyPassw0rd\|cHJveHl1c2Vy' || true)" 0
