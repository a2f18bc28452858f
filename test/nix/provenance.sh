#!/usr/bin/env bash
# image.provenance: derivations, store paths with their NAR hashes, and the flake that buildImage was told of.
. "$(dirname "$0")/own_store.inc"
need jq

statement=$(build statedStatement 2> "$work/build.log") || fail "$(tail "$work/build.log")"
predicate=$(build statedPredicate 2>> "$work/build.log") || fail "$(tail "$work/build.log")"
image=$(build ofFlake 2>> "$work/build.log")
dependency() { jq -c ".predicate.buildDefinition.resolvedDependencies[] | select(.name // \"self\" | test(\"$1\")) | $2" "$statement"; }

check "it is a statement of SLSA's" equal "$(jq -c '[._type, .predicateType, .subject[0].name]' "$statement")" \
  '["https://in-toto.io/Statement/v1","https://slsa.dev/provenance/v1","stated/app"]'
check "its store paths are those of the image" equal \
  "$(jq -r '.predicate.buildDefinition.resolvedDependencies[] | select(.annotations.layers) | .name' "$statement" | sort)" \
  "$(jq -r '.layers[].paths[].path' "$image" | sort -u)"
derivation=$(jq -r .predicate.buildDefinition.externalParameters.derivation "$statement")
check "the image's derivation is named, as Nix has it" grep -q "$image" "$derivation"
check "a package's derivation is, too" test -n "$(dependency '-greeter-1.2.drv$' .uri)"
check "and beside its store path, with the NAR hash" grep -q '"/nix/store/[a-z0-9]*-greeter-1.2.drv" 64' \
  <(jq -r '.predicate.buildDefinition.resolvedDependencies[] | select(.uri == "pkg:nix/greeter@1.2")
    | "\"\(.annotations.deriver)\" \(.digest.sha256 | length)"' "$statement")
check "the flake is, by its URL and commit" equal "$(dependency '^self$' '[.uri, .digest.gitCommit]')" \
  '["github:acme/app/0123456789012345678901234567890123456789","0123456789012345678901234567890123456789"]'
check "and what it locks" equal "$(dependency '^nixpkgs$' '[.uri, .digest.gitCommit]')" \
  '["github:NixOS/nixpkgs/abcdefabcdefabcdefabcdefabcdefabcdefabcd","abcdefabcdefabcdefabcdefabcdefabcdefabcd"]'
check "the predicate is the statement's" equal "$(jq -cS . "$predicate")" "$(jq -cS .predicate "$statement")"
check "nix run .#app.provenance prints what provenance.statement holds" cmp "$statement" \
  <("$(build statedProvenance 2> /dev/null)/bin/provenance")
