#!/usr/bin/env bash
# image.sbom: what packages say of themselves when they are evaluated is in the bill of materials that is built.
. "$(dirname "$0")/own_store.inc"
need jq

cyclonedx=$(build statedCyclonedx 2> "$work/build.log") || fail "$(tail "$work/build.log")"
spdx=$(build statedSpdx 2>> "$work/build.log") || fail "$(tail "$work/build.log")"
image=$(build stated 2>> "$work/build.log")
component() { jq -c ".components[] | select(.name == \"$1\") | $2" "$cyclonedx"; }

check "its store paths are those of the image" equal \
  "$(jq -r '.components[]."bom-ref"' "$cyclonedx" | sort)" "$(jq -r '.layers[].paths[].path' "$image" | sort -u)"
check "the image is the subject" equal "$(jq -r .metadata.component.name "$cyclonedx")" stated/app
check "what Nix knows of a package" equal \
  "$(component greeter '[.version, .description, .externalReferences[0].url, .licenses[0].expression]')" \
  '["1.2","Says hello","https://example.org/greeter","MIT AND LicenseRef-nix-My-own"]'
check "and of its patches" equal "$(component greeter '[.pedigree.patches[].resolves // [] | .[].id]')" '["CVE-2023-4911"]'
check "and of what it is built from" equal "$(component lib .version)" '"3"'
check "what nobody knows more of has its name" equal "$(component hello .purl)" '"pkg:nix/hello"'
check "its NAR hash" equal "$(component greeter '.hashes[0].alg')" '"SHA-256"'
check "the package depends on the library" equal \
  "$(jq -r --arg ref "$(jq -r '.components[] | select(.name == "greeter") | ."bom-ref"' "$cyclonedx")" \
    '.dependencies[] | select(.ref == $ref) | .dependsOn[]' "$cyclonedx" | sed 's/.*-library/library/')" library-3.0
check "SPDX has the same packages" equal \
  "$(jq -r '.packages[] | .packageFileName // empty' "$spdx" | sort)" "$(jq -r '.components[]."bom-ref"' "$cyclonedx" | sort)"
check "nix run .#app.sbom prints what sbom.cyclonedx holds" cmp "$cyclonedx" <("$(build statedSbom 2> /dev/null)/bin/sbom")
check "in SPDX too" cmp "$spdx" <("$(build statedSbom 2> /dev/null)/bin/sbom" --format spdx)

# With a push (#22).
push=$(build statedPush 2> /dev/null) sbom_push=$(build statedSbomPush 2> /dev/null)
check "a push knows nothing that only a bill of materials needs" equal \
  "$(nix-store --query --requisites "$push" | grep -c 'package-info\|closure-graph')" 0
start_n2c_registry --memory
"$push/bin/push" "$registry/plain/app:0" --sbom > /dev/null 2> "$work/push.log" || fail "$(cat "$work/push.log")"
"$N2C" pull "$registry/plain/app:0" "$work/pushed.json" --referrer application/vnd.cyclonedx+json 2> /dev/null
check "push -- --sbom attaches a bill with what depends on what, and NAR hashes, as Nix's own books have them" equal \
  "$(jq -c '[[.components[].hashes], .dependencies[1:]]' "$work/pushed.json")" "$(jq -c '[[.components[].hashes], .dependencies[1:]]' "$cyclonedx")"
check "and says where the rest is" grep -q "^n2c: --sbom: licences, .* sbom.push" "$work/push.log"
status=0
said=$(PATH=/nowhere "$push/bin/push" "$registry/plain/app:0" --sbom 2>&1) || status=$?
check "without a nix it cannot, and says what can" equal "$status" 2
check "by name" grep -q "sbom.push does not need it" <(echo "$said")
"$sbom_push/bin/push" "$registry/stated/app:1" -q > /dev/null
"$N2C" pull "$registry/stated/app:1" "$work/pushed.json" --referrer application/vnd.cyclonedx+json 2> /dev/null
check "sbom.push attaches a bill with what Nix knows, and what depends on what" equal \
  "$(jq -c '[.components, .dependencies[1:]] | map(map(del(.properties, .hashes)))' "$work/pushed.json")" \
  "$(jq -c '[.components, .dependencies[1:]] | map(map(del(.properties, .hashes)))' "$cyclonedx")"
check "NAR hashes too" equal "$(jq -c '[.components[].hashes]' "$work/pushed.json")" "$(jq -c '[.components[].hashes]' "$cyclonedx")"
"$sbom_push/bin/push" "$registry/stated/app:2" -q --sbom=spdx > /dev/null
check "as SPDX where that is asked for" grep -q application/spdx+json <("$N2C" referrers "$registry/stated/app:2")
