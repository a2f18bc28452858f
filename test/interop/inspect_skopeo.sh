#!/usr/bin/env bash
# n2c inspect, digest and tags, and the skopeo that n2c does (nix/skopeo.bash), print what skopeo prints.
. "$(dirname "$0")/common.inc"
need skopeo jq
cd "$work"
start_n2c_registry
python3 "$here/streamed_image.py" 3 3 > app.tar
"$N2C" push docker-archive:app.tar "$registry/app:1" --tag 2 --annotation k=v -q >/dev/null
"$N2C" copy docker-archive:app.tar oci:layout:1 -q >/dev/null
face() { N2C=$N2C bash "$root/nix/skopeo.bash" "$@"; }
alike() { # alike ARGUMENTS...: of skopeo; JSON is compared as JSON, and without what an older skopeo lacks
  local theirs ours
  theirs=$(skopeo "$@") || fail "skopeo $*"
  ours=$(face "$@") || fail "skopeo $*, done by n2c"
  if jq -e 'type == "object"' <<< "$theirs" >/dev/null 2>&1; then
    theirs=$(jq -S 'del(.LayersData)' <<< "$theirs") ours=$(jq -S 'del(.LayersData)' <<< "$ours")
  fi
  check "skopeo $*" equal "$ours" "$theirs"
}
from=docker://$registry/app:1
plain=--tls-verify=false
for image in "$from" oci:layout:1 docker-archive:app.tar; do
  alike inspect $plain "$image"
  alike inspect $plain --raw "$image"
  alike inspect $plain --config --raw "$image"
  alike inspect $plain --format '{{.Digest}}' "$image"
  alike inspect $plain --format 'Digest: {{.Digest}} for {{.Os}}/{{.Architecture}}, {{len .Layers}} layers\n' "$image"
  alike inspect $plain --format '{{range .Layers}}{{.}} {{end}}{{.Labels}}{{.Env}}' "$image"
done
alike inspect $plain --format '{{.Name}}: {{.RepoTags}}' "$from"
alike list-tags $plain "docker://$registry/app"
skopeo inspect $plain --raw "$from" > manifest.json
alike manifest-digest manifest.json
check "n2c digest" equal "$("$N2C" digest "$registry/app:1")" "$(skopeo manifest-digest manifest.json)"
"$N2C" tag "$registry/app:1" third fourth > tagged
check "n2c tag gives further tags, whose lines say the digest" equal "$(cat tagged)" \
  "$(for tag in third fourth; do echo "$registry/app:$tag@$(skopeo manifest-digest manifest.json)"; done)"
for tag in third fourth; do check "$tag is the same image" equal "$("$N2C" digest "$registry/app:$tag")" "$("$N2C" digest "$registry/app:1")"; done
"$N2C" tag "$(head -n 1 tagged)" fifth >/dev/null
check "of one that is named by digest too" equal "$("$N2C" digest "$registry/app:fifth")" "$("$N2C" digest "$registry/app:1")"
check "an image that is not there gets none" equal "$("$N2C" tag "$registry/app:none" sixth >refused 2>&1 || echo $?)" 5
check "nor does one get a name elsewhere" equal "$("$N2C" tag "$registry/app:1" "$registry/b:1" >refused 2>&1 || echo $?)" 2
check "which copy gives" grep -q "n2c copy $registry/app:1 $registry/b:1" refused
check "n2c tags" equal "$("$N2C" tags "$registry/app" | tr '\n' ' ')" "1 2 fifth fourth third "

make_image 2
"$N2C" push image.json "$registry/made:1" --store-root "$work" --digest-file pushed -q >/dev/null
check "the digest of an image.json is the one that a push makes" equal \
  "$("$N2C" inspect image.json --store-root "$work" --format '{{.Digest}}')" "$(cat pushed)"

face copy --dest-tls-verify=false "$from" "docker://$registry/copied:1" >/dev/null
check "copy keeps the digest" equal "$("$N2C" digest "$registry/copied:1")" "$("$N2C" digest "$registry/app:1")"
face copy "$from" dir:folder >/dev/null
check "copy to a folder that skopeo reads" equal "$(skopeo inspect --format "{{.Digest}}" dir:folder)" "$("$N2C" digest dir:folder)"
face delete "docker://$registry/copied:1" >/dev/null
check "delete" equal "$("$N2C" tags "$registry/copied" 2>/dev/null || true)" ""
