#!/usr/bin/env bash
# The flake evaluates in pure mode, for Linux and macOS on both processors: every package, every example, the shell, the overlay.
. "$(dirname "$0")/own_store.inc"
nix --version

# Not the whole tree: the build's folder may lie in it.
mkdir "$work/flake"
cp -r "$root"/{flake.nix,default.nix,shell.nix,meson.build,meson_options.txt,docs,nix,src} "$work/flake"
mkdir "$work/flake/test"
cp -r "$tests" "$work/flake/test/nix"

with() { "$@" --no-write-lock-file --override-input nixpkgs "path:$tests"; }
# Today's Nix leaves out the other systems unless told.
all_systems=()
! nix flake check --help 2> /dev/null | grep -q -e --all-systems || all_systems=(--all-systems)
check "nix flake check finds nothing wrong" with nix flake check --no-build "${all_systems[@]}" "path:$work/flake" 2> "$work/check.log"
system=x86_64-linux
name_of() { with nix eval --raw "path:$work/flake#$1" "${@:2}" 2>> "$work/eval.log"; }

for system in x86_64-linux aarch64-linux x86_64-darwin aarch64-darwin; do
  for output in packages devShells checks; do
    outputs=$(nix eval --json --no-write-lock-file --override-input nixpkgs "path:$tests" "path:$work/flake#$output.$system" \
      --apply 'builtins.mapAttrs (_: package: package.drvPath)' 2>> "$work/eval.log")
    check "$system: $output are derivations: $(jq -r 'keys | join(" ")' <<< "$outputs")" \
      equal "$(jq -r '.[]' <<< "$outputs" | grep -vc '^/nix/store/[a-z0-9]*-.*[.]drv$')" 0
  done
  echo "$system: $(name_of "packages.$system.default.drvPath")"
done
system=x86_64-linux

gzip() { name_of "packages.$1.default.mesonFlags" --apply toString | grep -o gzip=.*; }
check "a Mac's arm64 assembler is not given ISA-L" equal "$(gzip x86_64-linux | cut -d' ' -f1) $(gzip aarch64-darwin | cut -d' ' -f1)" \
  "gzip=isal gzip=zlib"

check "the functions are where nix2container's users look for them" \
  equal "$(name_of packages.$system.nix2container.buildImage --apply 'f: toString (builtins.functionArgs f).name')" ""
for set in packages legacyPackages; do
  check "an example has its commands, in $set" equal "$(name_of $set.$system.examples.bash.copyToPodman.name)" copy-to-podman
done
check "there are tests to run, one by one and all" equal \
  "$(name_of packages.$system.tests.hello.name) $(name_of packages.$system.tests.all.name)" "test-hello test-all"
check "an image is tagged with the hash of its store path" \
  test "$(name_of legacyPackages.$system.examples.basic.outPath)" = \
  "/nix/store/$(name_of legacyPackages.$system.examples.basic.imageTag)-image-basic.json"
check "the package is named after the version of the build" \
  equal "$(name_of packages.$system.default.name)" "n2c-$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")"
check "the overlay has the same package and the functions" equal "$(nix-instantiate --eval --strict --json -E "
  let
    pkgs = import $tests/pkgs.nix { };
    flake = (import $work/flake/flake.nix).outputs { self = null; nixpkgs = null; };
    laid = flake.overlays.default (pkgs // laid) pkgs;
    package = (import $work/flake { inherit pkgs; }).n2c.drvPath;
  in [ (laid.n2c.drvPath == package) (laid.nix2container-bin.drvPath == package) (laid.nix2container ? buildImage)
       laid.skopeo-nix2container.name ]" | jq -r 'join(" ")')" "true true true skopeo"
check "an arm64 machine's images are arm64" equal "$(name_of legacyPackages.aarch64-linux.examples.basic.arch)" arm64

if [ -z "$today" ]; then # today's has another /usr, without a compiler
  check "nix develop finds what a build takes" nix develop --no-write-lock-file \
    --override-input nixpkgs "path:$tests" "path:$work/flake" -c pkg-config --exists libcurl 2> "$work/develop.log"
fi
sources=$(nix-instantiate --eval --json --read-write-mode -E \
  "with import $tests/pkgs.nix { }; (callPackage $root/nix/package.nix { }).src" | tr -d '"')
need meson
meson setup "$work/build" "$sources" -Dtests=own > "$work/meson.log" 2>&1 || fail "the sources that nix/package.nix takes are not enough to configure a build"
echo "ok: the package's sources are enough to configure a build"
