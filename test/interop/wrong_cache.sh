#!/usr/bin/env bash
# A cache that says other digests than compressing gives: nothing wrong goes anywhere, and it is put right by itself.
. "$(dirname "$0")/common.inc"
. "$(dirname "$0")/engines.inc"
need python3 jq
make_image 4
cd "$work"
cache=$XDG_CACHE_HOME/n2c/pushes

forms() { python3 "$here/cached_forms.py" show "$cache"; }
spoil() { # the cache as it was at first, with every form wrong
  rm -rf "$(dirname "$cache")"
  mkdir -p "$(dirname "$cache")"
  cp right "$cache"
  python3 "$here/cached_forms.py" spoil "$cache"
}
is_right() { diff <(forms) forms.right; }

start_n2c_registry --memory
"$N2C" push image.json "$registry/app:1" --store-root "$work" --digest-file digest > push.log 2>&1
cp "$cache" right
forms > forms.right
check "the cache knows every layer" equal "$(wc -l < forms.right)" "$(jq '.layers | length' image.json)"

spoil
if is_right > /dev/null; then fail "the cache was not made wrong"; fi
"$N2C" push image.json "$registry/other:1" --store-root "$work" --digest-file digest.again > push.log 2>&1
check "push: the manifest is the right one" cmp digest digest.again
check "push: and the cache is right again" is_right

spoil
"$N2C" copy image.json "oci:$work/layout:1" --store-root "$work" --digest-file digest.again > copy.log 2>&1
check "copy: the manifest is the right one" cmp digest digest.again

rm -f port
start serving "$N2C" serve --listen 127.0.0.1:0 --port-file "$work/port" --image app="$work/image.json" --compression gzip \
  --store-root "$work"
wait_for 20 test -s port
served=127.0.0.1:$(cat port)
pulls() { "$N2C" copy "docker://$served/app:latest" "oci:$work/$1:1" --digest-file digest.again > pull.log 2>&1; }
if pulls refused; then fail "serve: wrong bytes were taken for right"; fi
check "serve: who reads a layer that is not what was offered gets no image" test ! -e refused/index.json
check "serve: the log says so" grep -q "is not what it was remembered as" serving.log
check "serve: the next reader gets the image" pulls pulled
check "serve: it is the right one" cmp digest digest.again
check "serve: and the cache is right again" is_right

command -v containerd > /dev/null && command -v ctr > /dev/null && [ "$(id -u)" = 0 ] || {
  echo "load is not tried: no containerd here, or not root"
  exit 0
}
export HOME=$work
start_containerd
for road in archive registry; do
  spoil
  "$N2C" load image.json "app:$road" --engine containerd --namespace $road --via $road --compression gzip --store-root "$work" \
    --image-id-file id > load.log 2>&1 || fail "load by $road: $(cat load.log)"
  check "load by $road: the image is the right one" cmp digest id
  check "load by $road: it is whole" sh -c "ctr -n $road images check name==docker.io/library/app:$road | grep -q 'complete.*true'"
  check "load by $road: and the cache is right again" is_right
  ctr -n $road images rm --sync $(ctr -n $road images ls -q) > /dev/null
done
