#!/usr/bin/env bash
# Base images from a registry that wants a login, and from an index of several platforms.
. "$(dirname "$0")/own_store.inc"
need htpasswd skopeo

htpasswd -Bbn user secret > "$work/htpasswd" 2> /dev/null
start_n2c_registry --memory --htpasswd "$work/htpasswd"
for arch in amd64 arm64; do
  build "baseFor.$arch" > "$work/$arch" 2> "$work/build.log"
done
"$N2C" push --index "$(cat "$work/amd64")" "$(cat "$work/arm64")" "$registry/team/base:latest" --creds user:secret \
  --digest-file "$work/digest" > "$work/push.log" 2>&1

# The machine's /etc with the logins where the builders look for them, seen by this test only.
cp -a /etc "$work/etc" 2> /dev/null || true
mount --bind "$work/etc" /etc
rm -rf /etc/skopeo
logins() {
  mkdir -p /etc/skopeo
  jq -n --arg registry "$registry" '{auths: {($registry): {auth: ("user:secret" | @base64)}}}' > /etc/skopeo/auth.json
}

# pulled ARCH SHA256: the image, from the index
pulled() {
  nix-build --no-out-link -E "(import $tests { program = \"$N2C\"; }).nix2container.pullImage {
    imageName = \"$registry/team/base\"; imageDigest = \"$(cat "$work/digest")\"; arch = \"$1\"; sha256 = \"$2\"; tlsVerify = false; }"
}
# What Nix calls the folder that skopeo writes.
hash_of() {
  skopeo --insecure-policy --override-arch "$1" copy --src-tls-verify=false --src-creds user:secret \
    "docker://$registry/team/base@$(cat "$work/digest")" "dir:$work/dir-$1" > "$work/skopeo.log" 2>&1
  nix-hash --type sha256 --base32 "$work/dir-$1"
}

if pulled amd64 "$(hash_of amd64)" > "$work/refused.log" 2>&1; then fail "the registry let someone in without a login"; fi
check "without a login the builder says that one is missing" grep -qi "log.*in\|401\|unauthorized" "$work/refused.log"
logins
for arch in amd64 arm64; do
  image=$(pulled $arch "$(hash_of $arch)" 2> "$work/pull.log")
  check "the $arch image of an index is pulled with the login in /etc/skopeo/auth.json, into the folder skopeo makes" \
    equal "$(jq -c '[.layers[].diff_ids]' "$image")" "$(jq -c '[.layers[].diff_ids]' "$(cat "$work/$arch")")"
done

skopeo --override-arch arm64 inspect --raw --tls-verify=false --creds user:secret "docker://$registry/team/base@$(
  skopeo inspect --raw --tls-verify=false --creds user:secret "docker://$registry/team/base:latest" |
    jq -r '.manifests[] | select(.platform.architecture == "arm64") | .digest'
)" > "$work/arm64-manifest.json"
by_manifest="(import $tests { program = \"$N2C\"; }).nix2container.pullImageFromManifest {
  imageName = \"team/base\"; registryUrl = \"$registry\"; tlsVerify = false; arch = \"arm64\";"
image=$(nix-build --no-out-link -E "$by_manifest imageManifest = $work/arm64-manifest.json; }" 2> "$work/pull.log")
check "its blobs are pulled one by one with the same login" \
  equal "$(jq -c '[.layers[].diff_ids]' "$image")" "$(jq -c '[.layers[].diff_ids]' "$(cat "$work/arm64")")"
get=$(nix-build --no-out-link -E "($by_manifest }).getManifest" 2> "$work/pull.log")
check "getManifest takes n2c's arguments, and prints the platform's manifest" \
  cmp <("$get/bin/get-manifest" --creds user:secret) "$work/arm64-manifest.json"
