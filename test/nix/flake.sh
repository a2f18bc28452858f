#!/usr/bin/env bash
# The flake evaluates in pure mode: every package, every example, the overlay.
. "$(dirname "$0")/own_store.inc"
nix --version

# Not the whole tree: the build's folder may lie in it.
mkdir "$work/flake"
cp -r "$root"/{flake.nix,default.nix,meson.build,meson_options.txt,nix,src} "$work/flake"
mkdir "$work/flake/test"
cp -r "$tests" "$work/flake/test/nix"

with() { "$@" --no-write-lock-file --override-input nixpkgs "path:$tests"; }
check "nix flake check finds nothing wrong" with nix flake check --no-build "path:$work/flake" 2> "$work/check.log"
system=x86_64-linux
name_of() { with nix eval --raw "path:$work/flake#$1" 2>> "$work/eval.log"; }

check "the functions are where nix2container's users look for them" \
  equal "$(name_of packages.$system.nix2container.buildImage.__functionArgs.name --apply toString)" ""
check "an example has its commands" equal "$(name_of legacyPackages.$system.examples.bash.copyToPodman.name)" copy-to-podman
check "an image is tagged with the hash of its store path" \
  test "$(name_of legacyPackages.$system.examples.basic.outPath)" = \
  "/nix/store/$(name_of legacyPackages.$system.examples.basic.imageTag)-image-basic.json"
check "the package is named after the version of the build" \
  equal "$(name_of packages.$system.default.name)" "n2c-$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")"
check "an arm64 machine's images are arm64" equal "$(name_of legacyPackages.aarch64-linux.examples.basic.arch)" arm64

sources=$(nix-instantiate --eval --json --read-write-mode -E \
  "with import $tests/pkgs.nix { }; (callPackage $root/nix/package.nix { }).src" | tr -d '"')
need meson
meson setup "$work/build" "$sources" > "$work/meson.log" 2>&1 || fail "the sources that nix/package.nix takes are not enough to configure a build"
echo "ok: the package's sources are enough to configure a build"
