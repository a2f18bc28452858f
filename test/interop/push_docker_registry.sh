#!/usr/bin/env bash
# An image goes to Debian's docker-registry and comes back by skopeo, whole; a second push
# sends nothing; changed store paths, digests and names that are wrong are refused.
. "$(dirname "$0")/common.inc"
need skopeo jq python3
start_docker_registry
make_image 20
cd "$work"
export HOME=$work
push() { "$N2C" push image.json "$@" --store-root "$work" 2>push.err >push.out && tail -n 1 push.err; }

layers=$(jq '.layers | length' image.json)
said=$(push "$registry/app:1")
check "a first push says how many layers it sent" equal "$(grep -o "[0-9]* sent" <<<"$said")" "$layers sent"
said=$(push "$registry/app:1")
check "a second push sends nothing" equal "${said#* : }" "$layers layers already there, 0 sent (0 B), ${said##*, }"
said=$(push "$registry/app:2")
check "nor does a push of a new tag from a machine that knows nothing" equal "$(grep -o '[0-9]* sent ([^)]*)' <<<"$said")" "0 sent (0 B)"

inflated() { python3 "$here/inflated_layers.py" "$1"; } # every layer of the dir: folder $1 has its diff_id
fetch() { skopeo copy --insecure-policy --src-tls-verify=false "docker://$registry/$1" "dir:$2" >/dev/null; }
fetch app:1 back
check "every layer that skopeo fetches, inflated, has its diff_id" inflated back

push "$registry/plain:1" --compression none >/dev/null
fetch plain:1 plain
check "plain layers arrive as they are" inflated plain
check "and with the digests of image.json" equal "$(jq -r '.layers[].digest' plain/manifest.json)" "$(jq -r '.layers[].digest' image.json)"
# Debian's registry knows no If-Match: what two runners write over one another is read back and added to.
runner() { # runner TAG COMPRESSION: one that knows nothing
  XDG_CACHE_HOME=$work/cache-$1 "$N2C" --debug push image.json "$registry/indexed:$1" --store-root "$work" --compression "$2" \
    --layer-index >/dev/null 2>"runner-$1"
}
runner a gzip &
other=$!
runner b zstd
wait "$other"
runner a gzip # who lost a race is made up for by the next push
runner b zstd
indexed() {
  curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/indexed/manifests/n2c-layer-index" |
    jq '[.layers[] | .annotations["n2c.diff-id"] + .mediaType] | unique | length'
}
check "the layer index has the pairs of two runners that wrote it at once" equal "$(indexed)" "$((2 * layers))"
runner 3f2a1bc gzip
check "with it a new tag costs three requests" equal "$(grep -cE '^n2c: #[0-9]+ > (GET|HEAD|POST|PUT|PATCH) ' runner-3f2a1bc)" 3

push "$registry/zstd:1" --compression zstd >/dev/null
check "zstd layers have their media type" equal \
  "$(curl -s -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$registry/v2/zstd/manifests/1" | jq -r '.layers[0].mediaType')" \
  application/vnd.oci.image.layer.v1.tar+zstd

digest=$(grep -o 'sha256:[0-9a-f]*' <<<"$said" | head -n 1)
check "the digest that is printed is the one the registry has" equal \
  "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$registry/app:1")" "$digest"
push "$registry/app@$digest" >/dev/null || fail "a push by the right digest"
fails_with() { # fails_with CODE WORDS COMMAND...: exit code, and standard error, its lines as one, has the words
  local code=$1 words=$2 status=0
  shift 2
  "$@" >out 2>err || status=$?
  [ "$status" = "$code" ] || { echo "  exit $status, not $code: $(cat err)"; return 1; }
  tr '\n' ' ' <err | grep -q -- "$words" || { echo "  said: $(cat err)"; return 1; }
}
# Nothing is known beforehand here: every layer is read.
run() { "$N2C" push "$@" --store-root "$work" --no-reuse; }
check "another digest in the reference is refused, with both" fails_with 7 "${digest:0:20}.*sha256:0000" \
  run image.json "$registry/app:3@sha256:$(printf '0%.0s' $(seq 64))"
check "and nothing was tagged" equal "$(curl -s "http://$registry/v2/app/tags/list" | jq -c '.tags | sort')" '["1","2"]'

victim=$(jq -r '.layers[].paths[].path' image.json | grep -- '-coreutils$')
file=$(find "$work$victim" -type f -size +0 -print -quit)
chmod u+w "$(dirname "$file")" "$file"
cp -p "$file" kept
printf 'X' | dd of="$file" conv=notrunc status=none
check "a store path that changed is an error that names the layer and both digests" fails_with 7 \
  'sha256:.*sha256:.* while: .*layer .* of ' run image.json "$registry/changed:1"
check "and nothing was tagged there" equal "$(curl -s -o /dev/null -w '%{http_code}' "http://$registry/v2/changed/manifests/1")" 404
echo more >> "$file"
check "so is a file that grew" fails_with 7 'sha256:.*sha256:.* while: .*layer .* of ' run image.json "$registry/changed:1"
mv "$work$victim" "$work$victim.away"
check "a store path that vanished is an error that names it" fails_with 8 "$victim" run image.json "$registry/changed:1"
mv "$work$victim.away" "$work$victim"
cp -p kept "$file"

check "a registry that is not there: exit 6 and a hint" fails_with 6 hint: run image.json "127.0.0.1:1/app:1" --retry 0
check "a name that no registry takes: exit 2" fails_with 2 App run image.json "$registry/App:1"
check "an image.json that is not there: exit 3" fails_with 3 'none.json.*No such file' run none.json "$registry/app:1"
head -c 300 image.json > cut.json
check "an image.json that is cut: exit 3" fails_with 3 cut.json run cut.json "$registry/app:1"
sed 's/"version": 1/"version": 9/' image.json > version.json
check "an image.json of another version: exit 3" fails_with 3 version run version.json "$registry/app:1"
