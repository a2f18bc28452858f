#!/usr/bin/env bash
# crane copies an image that n2c serves from the store, and validates both ends.
. "$(dirname "$0")/common.inc"
need crane

make_image
start_n2c_registry --memory --image "app:1=$work/image.json" --store-root "$work" --compression gzip
check "crane validates every digest of an image from the store" \
  crane validate --insecure --remote "$registry/app:1"
check "crane copies it" crane copy --insecure "$registry/app:1" "$registry/copies/app:1"
check "crane validates the copy" crane validate --insecure --remote "$registry/copies/app:1"
check "the digests agree" equal "$(crane digest --insecure "$registry/copies/app:1")" \
  "$(crane digest --insecure "$registry/app:1")"
check "crane tags it" crane tag --insecure "$registry/copies/app:1" second
check "crane lists the tags" equal "$(crane ls --insecure "$registry/copies/app" | tr '\n' ' ')" "1 second "
check "crane lists the repositories" \
  equal "$(crane catalog --insecure "$registry" | tr '\n' ' ')" "app copies/app "
check "crane appends a layer of its own" sh -c "
  echo hello > '$work/hello' && tar -C '$work' -cf '$work/hello.tar' hello &&
  crane append --insecure -b '$registry/copies/app:1' -f '$work/hello.tar' -t '$registry/copies/app:more'"
check "and the result is valid" crane validate --insecure --remote "$registry/copies/app:more"
