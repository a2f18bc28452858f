#!/usr/bin/env bash
# What is built is what was asked for, and a change sends what changed: the examples, their descriptions, and a registry.
. "$(dirname "$0")/own_store.inc"
need skopeo
. "$tests/examples.inc"

of() { jq -r "$2" "$all/$1/image.json"; }
raw() { skopeo inspect --raw --tls-verify=false "docker://$registry/$1"; }
config() { skopeo inspect --config --tls-verify=false "docker://$registry/$1"; }

for example in $examples; do
  name=$(cut -d: -f1 "$all/$example/reference")
  "$all/$example/push" "$registry/$name:1" > "$work/push.log" 2>&1 || fail "push $example: $(cat "$work/push.log")"
  check "$example: the registry has the layers that were described" \
    equal "$(config "$name:1" | jq -c .rootfs.diff_ids)" "$(of "$example" '[.layers[].diff_ids]' | jq -c .)"
  "$all/$example/push" "$registry/$name:1" > "$work/again.log" 2>&1
  grep -q ' 0 sent' "$work/again.log" || fail "$example was sent again: $(cat "$work/again.log")"
done
echo "ok: a second push sends nothing"

check "no store path is in two layers of an image" equal \
  "$(of nested '[.layers[].paths // [] | .[].path] | group_by(.)[] | select(length > 1)')" ""
check "nested: three layers, the lowest first" equal "$(of nested '.layers | length')" 3
check "duplicated: a layer reached twice is there once" equal "$(of duplicated '[.layers[].digest] | length, (unique | length)' | tr '\n' ' ')" "3 3 "
check "nonReproducible: the kept tar has the digest beside it" equal \
  "$(of nonReproducible '.layers[] | select(."layer-path") | .digest')" \
  "sha256:$(sha256sum < "$(of nonReproducible '.layers[] | ."layer-path" // empty')" | cut -d' ' -f1)"
check "created: the date keeps its offset" equal "$(of created .created)" 2024-05-13T09:31:10+02:00
check "metadata: the layer's history is in the configuration" equal \
  "$(config metadata:1 | jq -c '.history[0]')" '{"created_by":"nix build","author":"the example","comment":"a layer with a history"}'
check "metadata: the annotation is on the manifest" equal \
  "$(raw metadata:1 | jq -r '.annotations["org.opencontainers.image.description"]')" "says hello, in so many words"
check "fromImage and fromImageManifest: the same base, pulled both ways" equal \
  "$(of fromImage '.layers[0].digest')" "$(of fromImageManifest '.layers[0].digest')"
check "getManifest prints the manifest of one platform, byte for byte" \
  cmp <("$all/getManifest/base") "$work/base-manifest.json"

"$all/basic/copyTo" "docker://$registry/copied:1" --dest-tls-verify=false --digestfile "$work/digest" --format v2s2 \
  > "$work/copy.log" 2>&1 || fail "copyTo: $(cat "$work/copy.log")"
check "copyTo: skopeo's words do what they did" equal \
  "$(raw copied:1 | jq -r .mediaType)" application/vnd.docker.distribution.manifest.v2+json
check "copyTo: the digest is in the file" equal "$(cat "$work/digest")" "sha256:$(raw copied:1 | sha256sum | cut -d' ' -f1)"
"$N2C" push --tag two --tag three "$all/basic/image.json" "$registry/tags:one" > "$work/tags.log" 2>&1 || fail "tags: $(cat "$work/tags.log")"
check "an option that may be repeated leaves the words behind its value alone" equal \
  "$(skopeo list-tags --tls-verify=false "docker://$registry/tags" | jq -c '.Tags | sort')" '["one","three","two"]'

start serve-one "$all/bash/serve" --listen 127.0.0.1:0 --port-file "$work/port-one"
wait_for 20 test -s "$work/port-one"
check "serve: the image is in a registry of its own" equal \
  "$(skopeo inspect --config --tls-verify=false "docker://127.0.0.1:$(cat "$work/port-one")/$(cat "$all/bash/reference")" | jq -c .rootfs.diff_ids)" \
  "$(of bash '[.layers[].diff_ids]' | jq -c .)"

# A registry without TLS under a name that is not the machine's own.
sed '$a 127.0.0.1 registry.test' /etc/hosts > "$work/hosts"
mount --bind "$work/hosts" /etc/hosts
elsewhere=registry.test:${registry##*:}
"$all/basic/copyTo" "docker://$elsewhere/plain:1" --retry-times 0 > "$work/copy.log" 2>&1 && fail "HTTP was taken unasked"
"$all/basic/copyTo" "docker://$elsewhere/plain:1" --dest-tls-verify=false > "$work/copy.log" 2>&1 || fail "HTTP: $(cat "$work/copy.log")"
check "copyTo: --dest-tls-verify=false takes a registry without TLS" grep -q config <(raw plain:1)
umount /etc/hosts

"$all/basic/copyTo" "dir:$work/dir" > "$work/copy.log" 2>&1 || fail "copyTo dir: $(cat "$work/copy.log")"
layer=$work/dir/$(jq -r '.layers[0].digest' "$work/dir/manifest.json" | cut -d: -f2)
check "the folders above the store paths are there, for everyone to read" \
  grep -q '^drwxr-xr-x root/root .* /nix/store$' <(tar -tPvf "$layer")

# The files of an image that is a store path here.
files_of() {
  rm -rf "$work/files"
  "$N2C" push "$1" "dir:$work/files" > "$work/files.log" 2>&1 || fail "push to dir: $(cat "$work/files.log")"
  for layer in $(jq -r '.layers[].digest' "$work/files/manifest.json"); do tar -tPf "$work/files/${layer#*:}"; done
}
check "a store path with a + in its name moves to the root when asked to" \
  equal "$(files_of "$(build atTheRoot 2> /dev/null)" | tr '\n' ' ')" "/ /share /share/gtk "
check "and stays where nix2container leaves it otherwise" \
  grep -q '^/nix/store/.*-gtk+-3.0/share/gtk$' <(files_of "$(build whereItWas 2> /dev/null)")
files_of "$(build trimmed 2> /dev/null)" | sed -E 's|/[0-9a-z]{32}-|/|' | tr '\n' ' ' > "$work/trimmed"
check "excluded parts are left out, at the root and in place, and nothing that only looks like them" equal "$(cat "$work/trimmed")" \
  "/ /bin /nix /nix/store /nix/store/lib.so+1 /nix/store/lib.so+1/bin /nix/store/lib.so+1/share /nix/store/lib.so+1/share/docs /nix/store/lib.so+1/share/docs/kept /share /share/docs /share/docs/kept "

check "a mode that is read as another is taken, as ever" test -e "$(build modeTaken 2> "$work/mode.log")/layers.json"
check "with a warning" grep -q 'the mode "0o755" .* is read as 0' "$work/mode.log"
if build modeRefused > "$work/mode.log" 2>&1; then fail "strictPerms took the mode 0o755"; fi
check "with strictPerms it is refused" grep -q 'the mode "0o755" of .*-hello is not one to seven octal digits' "$work/mode.log"

"$N2C" push "$(build extras 2> /dev/null)" "$registry/extras:1" > "$work/extras.log" 2>&1 || fail "extras: $(cat "$work/extras.log")"
check "compressor: each layer is in the registry as it was kept in the store" equal \
  "$(raw extras:1 | jq -c '[.layers[].digest]')" "$(jq -c '[.layers[].digest]' "$(build extras 2> /dev/null)")"
check "compressor: and says how it is compressed" equal "$(raw extras:1 | jq -c '[.layers[].mediaType | sub(".*[+]"; "")] | unique')" '["gzip","zstd"]'
bases=$(jq -c . "$work/bases.json")
for built in onBase onPulledBase onBaseByManifest; do
  check "mergeBaseConfig: the base's environment holds ($built)" equal \
    "$(jq -c '."image-config".Env[:2]' "$(build $built --argstr bases "$bases" 2> /dev/null)")" '["PATH=/base/bin","FROM=base"]'
done
merged=$(build onBaseByManifest --argstr bases "$bases" 2> /dev/null)
"$N2C" push "$merged" "$registry/merged:1" > "$work/merged.log" 2>&1 || fail "merged: $(cat "$work/merged.log")"
check "mergeBaseConfig: a base pulled by its manifest gives its command, its layers and their history, under the image's own" equal \
  "$(config merged:1 | jq -c '[.config.Env, .config.Cmd, .rootfs.diff_ids[0], .history[0]]')" \
  "$(jq -c '[["PATH=/base/bin","FROM=base","MINE=1"], ["/bin/sh"], .layers[0].diff_ids, .layers[0].History]' "$base")"
check "inspect says what is written on its manifest" grep -q "org.opencontainers.image.description: says hello" <("$all/metadata/inspect")
check "inspect says what the image holds" grep -q "$busybox" <("$all/basic/inspect" --json)

# One changed file.
sed 's/small/smaller/' "$root/nix/examples/uwsgi/hello.py" > "$work/hello.py"
changed=$(build examples.uwsgi --argstr application "$work/hello.py" 2> "$work/rebuild.log")
"$N2C" push "$changed" "$registry/uwsgi:1" > "$work/push.log" 2>&1
check "an edit makes one layer anew" equal "$(grep -c "building '.*-layers.json.drv'" "$work/rebuild.log")" 1
check "the layer of what it needs stays" equal "$(jq '.layers[0].digest' "$changed")" "$(jq '.layers[0].digest' "$all/uwsgi/image.json")"
check "and one layer is sent" grep -q ' 1 sent' "$work/push.log"

"$all/index/push" "$registry/index:1" > "$work/index.log" 2>&1 || fail "push index: $(cat "$work/index.log")"
check "index: an image for each processor" equal \
  "$(raw index:1 | jq -c '[.manifests[].platform.architecture]')" '["amd64","arm64"]'
check "index: each gets its own" equal "$(skopeo --override-arch arm64 inspect --tls-verify=false \
  "docker://$registry/index:1" | jq -r .Labels.processor)" arm64
check "index: the annotation is on the index" equal \
  "$(raw index:1 | jq -r '.annotations["org.opencontainers.image.description"]')" "hello, twice"
arm64=$(raw index:1 | jq -r '.manifests[] | select(.platform.architecture == "arm64") | .digest')
check "index: each image has its own annotations on its manifest" equal \
  "$(raw "index@$arm64" | jq -r '.annotations["org.opencontainers.image.title"]')" "hello for arm64"
