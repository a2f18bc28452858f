#!/usr/bin/env bash
# Logins kept by a helper program (docker-credential-*), and files of podman's: n2c login stores there,
# a push reads from there, n2c logout forgets there.
. "$(dirname "$0")/common.inc"
need docker-registry htpasswd jq curl python3
cd "$work"
export HOME=$work XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/run
unset DOCKER_CONFIG REGISTRY_AUTH_FILE XDG_CONFIG_HOME
password=c0rrect-horse-battery
htpasswd -Bbc htpasswd robot "$password" 2>htpasswd.log
port=$(free_port)
registry=127.0.0.1:$port
cat > registry.yml <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $work/registry}, delete: {enabled: true}}
http: {addr: "$registry"}
auth: {htpasswd: {realm: test, path: $work/htpasswd}}
log: {level: error, accesslog: {disabled: true}}
YAML
start registry docker-registry serve "$work/registry.yml"
wait_for 20 curl -s "http://$registry/v2/"
make_image 2

mkdir bin .docker
cat > bin/docker-credential-n2ctest <<'HELPER'
#!/usr/bin/env bash
# Keeps logins as JSON in $KEPT, one file a server.
file() { echo "$KEPT/$(tr -c 'a-zA-Z0-9\n' _ <<<"$1")"; }
case $1 in
  store) input=$(cat); cat > "$(file "$(jq -r .ServerURL <<<"$input")")" <<<"$input" ;;
  get) at=$(file "$(cat)"); [ -f "$at" ] && cat "$at" || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) rm -f "$(file "$(cat)")" ;;
esac
HELPER
chmod +x bin/docker-credential-n2ctest
export PATH=$work/bin:$PATH KEPT=$work/kept
mkdir "$KEPT"
echo '{"auths": {}, "credsStore": "n2ctest", "currentContext": "mine"}' > .docker/config.json

status_of() { "$@" >out 2>err || { echo $?; return; }; echo 0; }
push() { "$N2C" push image.json "$registry/app:1" --store-root "$work" "$@"; }
check "a push without a login exits with 4" equal "$(status_of push)" 4
check "a login goes to the helper" equal "$(status_of "$N2C" login "$registry" -u robot --password-stdin < <(echo "$password"))" 0
check "a home that is not there is not made for a login" equal \
  "$(HOME=$work/homeless status_of "$N2C" login "$registry" -u robot --password-stdin < <(echo "$password"))" 8
check "and is named" grep -q "homeless, which is not there" err
check "it is still not there" test ! -e "$work/homeless"
check "which has it" equal "$(jq -r .Secret "$KEPT"/*)" "$password"
check "while the file has no login, and keeps what else was in it" \
  equal "$(jq -c '[.auths[], .currentContext]' .docker/config.json)" '[{},"mine"]'
check "a push asks the helper" equal "$(status_of push)" 0
check "logging out" equal "$(status_of "$N2C" logout "$registry")" 0
check "forgets it there" equal "$(ls "$KEPT" | wc -l)" 0
check "so that the next push exits with 4" equal "$(status_of push)" 4

mkdir -p run/containers
jq -n --arg key "$registry/app" --arg auth "$(printf 'robot:%s' "$password" | base64)" \
  '{auths: {($key): {auth: $auth}}}' > run/containers/auth.json
check "podman's login for one repository lets it in" equal "$(status_of push)" 0
check "and no other repository" equal \
  "$(status_of "$N2C" push image.json "$registry/other:1" --store-root "$work")" 4
check "--creds names one on the spot" equal "$(status_of "$N2C" push image.json "$registry/other:1" --store-root "$work" \
  --creds - < <(echo "robot:$password"))" 0
