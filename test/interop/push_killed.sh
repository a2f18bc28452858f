#!/usr/bin/env bash
# n2c is killed (SIGKILL) at moments all over a push; after each, whatever tag the registry
# serves is a whole image, and the next push succeeds.
. "$(dirname "$0")/common.inc"
need skopeo
start_docker_registry
cd "$work"
# Paths that take a while: bytes that do not compress.
paths=
for i in 1 2 3 4 5 6; do
  path=/nix/store/$(printf '%032d' "$i")-noise
  mkdir -p "$work$path"
  head -c 20M /dev/urandom > "$work$path/noise"
  paths+="${paths:+, }{\"path\": \"$path\", \"references\": []}"
done
echo "[$paths]" > closure.json
echo '{}' > config.json
"$N2C" layers-from-reproducible-storepaths layers.json closure.json --max-layers 6 --store-root "$work" 2>build.log
"$N2C" image image.json config.json layers.json 2>>build.log
export HOME=$work

timed() { # milliseconds of a push of which nothing is known
  rm -rf cache
  local began
  began=$(date +%s%N)
  "$N2C" push image.json "$registry/$1:1" --store-root "$work" >/dev/null
  echo $((($(date +%s%N) - began) / 1000000 + 1))
}
timed warm >/dev/null
took=$(timed timed)

rounds=${ROUNDS:-15}
cut=0
for round in $(seq "$rounds"); do
  rm -rf cache
  "$N2C" push image.json "$registry/app$round:1" --store-root "$work" >/dev/null 2>&1 &
  pid=$!
  sleep "$(python3 -c "print($took * $round / $rounds / 1000)")"
  kill -KILL "$pid" 2>/dev/null || true
  ended=0
  wait "$pid" 2>/dev/null || ended=$?
  [ "$ended" != 137 ] || cut=$((cut + 1))
  status=$(curl -s -o /dev/null -w '%{http_code}' "http://$registry/v2/app$round/manifests/1")
  if [ "$status" = 200 ]; then
    skopeo copy --insecure-policy --src-tls-verify=false "docker://$registry/app$round:1" "dir:back" >/dev/null ||
      fail "round $round: the tag is there and the image is not whole"
    rm -rf back
  fi
  "$N2C" push image.json "$registry/app$round:1" --store-root "$work" >/dev/null || fail "round $round: the next push"
done
check "many pushes were really cut" test "$cut" -ge $((rounds / 4))
echo "ok: $rounds rounds, $cut of them cut"
