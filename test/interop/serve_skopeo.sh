#!/usr/bin/env bash
# skopeo pulls an image that n2c serves from the store, pushes it back, and every digest agrees.
. "$(dirname "$0")/common.inc"
need skopeo curl python3

make_image
start_n2c_registry --memory --image "app:1=$work/image.json" --store-root "$work"
insecure=(--src-tls-verify=false --dest-tls-verify=false)
digest() { curl -sfI "http://$registry/v2/$1/manifests/$2" | tr -d '\r' | sed -n 's/^Docker-Content-Digest: //p'; }

check "skopeo pulls from the store into a folder and verifies every layer" \
  skopeo copy -q --src-tls-verify=false "docker://$registry/app:1" "dir:$work/pulled"
check "skopeo pushes the folder under another name" \
  skopeo copy -q --dest-tls-verify=false --preserve-digests "dir:$work/pulled" "docker://$registry/copies/app:1"
check "both manifests have one digest" equal "$(digest copies/app 1)" "$(digest app 1)"
check "skopeo copies between repositories" \
  skopeo copy -q "${insecure[@]}" --preserve-digests "docker://$registry/copies/app:1" "docker://$registry/again:2"
check "the copy has the digest too" equal "$(digest again 2)" "$(digest app 1)"
check "skopeo lists the tags" \
  equal "$(skopeo list-tags --tls-verify=false "docker://$registry/again" | tr -d ' \n')" \
  "{\"Repository\":\"$registry/again\",\"Tags\":[\"2\"]}"
check "skopeo pushes as Docker's format, compressed" \
  skopeo copy -q --dest-tls-verify=false --format v2s2 --dest-compress-format gzip "dir:$work/pulled" "docker://$registry/docker:1"
check "and reads it back" skopeo inspect --tls-verify=false "docker://$registry/docker:1" >/dev/null
check "skopeo deletes" skopeo delete --tls-verify=false "docker://$registry/again:2"
check "what was deleted is gone" equal "$(curl -s -o /dev/null -w '%{http_code}' "http://$registry/v2/again/manifests/2")" 404
check "pushing into an image from the store is refused" \
  equal "$(curl -s -o /dev/null -w '%{http_code}' -X POST "http://$registry/v2/app/blobs/uploads/")" 405

# A repository of --root is an OCI layout: skopeo reads it without a server.
start_n2c_registry --root "$work/root"
skopeo copy -q --dest-tls-verify=false --preserve-digests "dir:$work/pulled" "docker://$registry/acme/app:1"
check "skopeo reads a repository of --root as an OCI layout" \
  skopeo copy -q "oci:$work/root/repositories/acme+app:1" "dir:$work/from-layout"
