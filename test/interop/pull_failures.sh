#!/usr/bin/env bash
# A pull that is not whole and true is an error that says what was being done and to what, and leaves nothing: no folder,
# no file beside it. Against a registry that lies wherever one can. (That two pulls are identical is in copy_roads.sh.)
. "$(dirname "$0")/common.inc"
need python3 jq

cd "$work"
# What it is asked for is PLACE/LIE: what is lied about, and how.
start liar python3 "$here/lying_registry.py" liar.port digests asked
wait_for 20 test -s liar.port
liar=127.0.0.1:$(cat liar.port)
manifest=$(jq -r .manifest digests)
layer=$(jq -r .layer digests)
mkdir here temporary
export TMPDIR=$work/temporary

pull() { # pull NAME [OUT [OPTION]]: into the folder `here`
  "$N2C" pull "$liar/$1" "here/${2:-image}" --platform linux/amd64 --retry 0 -q "${@:3}" >out 2>err
}
said() { # what was being done and the cause, in one line
  echo "$(sed -n 's/^while: //p' err): $(sed -n 's/^n2c: //p' err | tail -n 1)"
}
refused() { # refused CODE WORDS NAME [OUT [OPTION]]: ends with that code, says the image's name and that, leaves nothing
  local code=$1 words=$2 status=0 name=${3%@*}
  shift 2
  pull "$@" || status=$?
  [ "$status" = "$code" ] && said | grep -q "$words" && grep -Eq "$liar(/v2)?/${name%:*}" err || { echo "  exit $status: $(cat err)"; return 1; }
  equal "$(find here temporary -mindepth 1)" ""
}

refused_there() { ! pull tag/none:1 killed && grep -q "$1" err; }

echo "--- what is true"
check "an index's image is pulled" pull index/none:1
check "a tag's image is pulled" pull tag/none:1 same
check "and is the same" diff -r here/image here/same
check "a tag that moves on with every request" pull tag/moving:1 moved
check "is asked for once" equal "$(grep -c "^tag .*moving" asked)" 1
check "and what was pulled is whole" "$N2C" copy dir:here/moved oci:whole -q >out
rm -r here/*

echo "--- manifests"
other="manifests/$manifest: the manifest has digest"
check "a tag that the registry lacks" refused 5 "no such image" tag/lacking:1
check "a digest that it lacks" refused 5 "$manifest: no such image" "manifest/lacking@$manifest"
check "a digest whose manifest is another, as long" refused 7 "$other" "manifest/altered@$manifest"
check "a digest whose manifest is shorter" refused 7 "$other" "manifest/short@$manifest"
check "a digest whose manifest is longer" refused 7 "$other" "manifest/long@$manifest"
check "a manifest that changed since the index was read" refused 7 "$other" manifest/altered:1
check "a manifest that went since the index was read" refused 5 "the index names $manifest" manifest/lacking:1
check "an index without that platform" refused 3 "no image for linux/amd64" platform/none:1
check "says which it has" grep -q "linux/s390x" err
for place in tag index; do
  check "a manifest of the $place that ends too early" refused 5 "unexpected end of JSON" $place/short:1
  check "a manifest of the $place whose transfer is cut" refused 6 "manifests/1: the reply was cut short" $place/cut:1
done
check "a digest that is a path" refused 3 "layers\[0\].digest: invalid digest" tag/path:1

echo "--- blobs"
for place in config layer; do
  check "a $place that was altered, as long" refused 7 "blob . of 2 .*were due, but they have digest" $place/altered:1
  check "a $place that is too short" refused 6 "blob . of 2 .*ended after" $place/short:1
  check "a $place that is too long" refused 7 "blob . of 2 .*were due, but they are more" $place/long:1
  check "a $place whose transfer is cut" refused 6 "blob . of 2 .*the reply was cut short" $place/cut:1
  check "a $place that the registry lacks" refused 5 "blob . of 2 .*404" $place/lacking:1
done
check "a single blob that was altered" refused 7 "were due, but they have digest" "layer/altered@$layer" file --blob
check "a single blob whose transfer is cut" refused 6 "blobs/$layer: the reply was cut short" "layer/cut@$layer" file --blob
check "a single manifest that was altered" refused 7 "$other" "manifest/altered@$manifest" file --manifest

echo "--- what was there"
mkdir here/image
pull layer/altered:1 || true
check "a folder that was there and empty is so again" equal "$(find here)" $'here\nhere/image'
echo keep >here/image/thesis.tex
pull tag/none:1 || true
check "a folder that holds something is refused" grep -q "here/image is there already and not empty" err
check "and holds it still" equal "$(find here -type f)" here/image/thesis.tex

echo "--- what was killed"
has_blob() { ls here/killed | grep -qE '^[0-9a-f]{64}$'; }
start waiting "$N2C" pull "$liar/layer/waiting:1" here/killed --platform linux/amd64 -q
wait_for 20 has_blob
check "another pull into its folder is refused" refused_there "another pull is writing to here/killed"
check "and the first one goes on" kill -9 "$last"
wait "$last" 2>/dev/null || true
check "once it was killed its folder is taken over" pull tag/none:1 killed
pull tag/none:1 whole
check "and holds what any other would" diff -r here/killed here/whole
rm -r here/killed here/whole

echo "--- elsewhere"
for to in oci:to/layout:1 oci-archive:to/file:1 docker-archive:to/file:app:1 dir:to/dir; do
  mkdir to
  "$N2C" copy "$liar/layer/altered:1" "$to" --retry 0 -q >out 2>err || true
  check "nor is such an image copied to ${to%%:*}:" grep -qE "were due, but they have digest" err
  check "(and it is said where to)" grep -qE "^while: (copying to|writing) ${to%%:*}:" err
  check "(none is there)" equal "$(find to -name index.json -o -name manifest.json -o -name file)" ""
  rm -r to
done
