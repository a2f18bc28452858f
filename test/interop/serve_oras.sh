#!/usr/bin/env bash
# oras pushes artifacts, attaches referrers and finds them again.
. "$(dirname "$0")/common.inc"
need oras

start_n2c_registry --memory
cd "$work"
echo "a bill of materials" > sbom.txt
echo "content" > content.txt
check "oras pushes an artifact" \
  oras push --plain-http "$registry/app:1" --artifact-type application/vnd.example content.txt:text/plain
check "oras attaches another to it" \
  oras attach --plain-http "$registry/app:1" --artifact-type application/vnd.example.sbom sbom.txt:text/plain
check "oras finds it by the referrers API" sh -c \
  "oras discover --plain-http --distribution-spec v1.1-referrers-api '$registry/app:1' | grep -q application/vnd.example.sbom"
check "oras copies both to another repository" oras cp --from-plain-http --to-plain-http -r "$registry/app:1" "$registry/copy:1"
check "where it finds the referrer too" sh -c \
  "oras discover --plain-http '$registry/copy:1' | grep -q application/vnd.example.sbom"
mkdir pulled
check "oras pulls" oras pull --plain-http "$registry/copy:1" -o pulled
check "the bytes that were pushed" cmp content.txt pulled/content.txt
