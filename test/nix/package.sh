#!/usr/bin/env bash
# nix/package.nix is built by phases such as nixpkgs' (stdenv/), of nothing but the inputs it names, and what comes out works.
#
# usage: package.sh N2C machine|today GOLDEN
golden=$(realpath "${3:?usage: package.sh N2C machine|today GOLDEN}")
# Compiled once for both Nix versions, where there is a ccache: found while HOME is the machine's.
export N2C_CCACHE=${N2C_CCACHE-$(ccache -k cache_dir 2> /dev/null || true)}
. "$(dirname "$0")/own_store.inc"
if [ -n "$today" ]; then
  # Today's Nix builds with the machine's /usr: its own compiler and libraries are not here.
  mkdir "$work/today"
  for program in nix nix-build nix-instantiate nix-store; do
    (
      echo '#!/bin/sh'
      echo "exec $(echo "$N2C_PEERS"/usr/lib64/ld-linux-*) --argv0 $program --library-path $N2C_PEERS/usr/lib/$(gcc -print-multiarch)" \
        "$N2C_PEERS/usr/bin/$program \"\$@\""
    ) > "$work/today/$program"
    chmod +x "$work/today/$program"
  done
  PATH=$work/today:$PATH
  today=
  NIX_CONFIG+=$'\nbuild-hook ='
fi
if [ -n "$N2C_CCACHE" ]; then
  mkdir -p "$N2C_CCACHE"
  ln -s "$N2C_CCACHE" /nix/ccache # see stdenv/default.nix
fi
need dpkg g++ jq meson ninja pkg-config readelf curl
nix --version

# Without optimisation, which is all that differs: it takes a third of the time.
package="with import $tests/pkgs.nix { }; (callPackage $root/nix/package.nix { }).overrideAttrs (given: {
  mesonBuildType = \"plain\";
  mesonFlags = given.mesonFlags ++ [ \"-Doptimization=0\" ];
})"
names() { sed 's,^/nix/store/[a-z0-9]*-,,' | sort | xargs; }
began=$SECONDS
nix-build -E "$package" -A out -A dev -j 1 --cores 0 -o "$work/result" > "$work/out" 2> "$work/build.log" ||
  fail "the package is not built: $(tail -n 40 "$work/build.log")"
out=$(realpath "$work/result") dev=$(realpath "$work/result-dev")
echo "ok: nix-build of the package, in $((SECONDS - began)) s: $(grep 'completed in' "$work/build.log" | sed 's/ completed in / /' | xargs)"

phase_of() { # phase_of PATTERN: the phases whose output has it
  awk -v pattern="$1" '/^Running phase: / { phase = $3 } $0 ~ pattern { print phase }' "$work/build.log" | sort -u | xargs
}
check "the programs that test are compiled to be run, and only those" equal \
  "$(phase_of 'Linking target test/') $(grep -o 'Linking target test/.*' "$work/build.log" | sed 's,.*/,,' | sort | xargs)" \
  "checkPhase golden unit"
check "they pass" equal "$(grep -oE '[0-9]/[0-9] [a-z]+ +OK' "$work/build.log" | awk '{ print $2, $3 }' | sort | xargs)" \
  "golden OK unit OK"

check "out has the program and its other name" equal "$(cd "$out/bin" && echo ./*)" "./n2c ./nix2container"
check "and its manual and completions" equal "$(cd "$out/share" && find . ! -type d | sort | xargs)" "$(xargs <<< "
  ./bash-completion/completions/n2c ./bash-completion/completions/nix2container
  ./fish/vendor_completions.d/n2c.fish ./fish/vendor_completions.d/nix2container.fish
  $(for page in "$root"/docs/manual/*.mdoc; do
    page=${page##*/} page=${page%.mdoc}
    [ "$page" = options ] || { [ "$page" = n2c ] || page=n2c-$page; echo "./man/man1/$page.1.gz"; }
  done | sort)
  ./zsh/site-functions/_n2c")"
check "and no more" equal "$(cd "$out" && echo ./*)" "./bin ./share"
check "the program is stripped" equal "$(readelf -SW "$out/bin/n2c" | grep -cE '\.(symtab|debug)')" 0
nix-store -qR "$out" | tee "$work/closure"
check "out keeps the libraries it runs with, and nothing that it was built of" equal "$(names < "$work/closure")" \
  "boost curl fmt isa-l libarchive libxcrypt n2c-0.1.0 openssl re2 zstd"
check "dev has the headers, the library and its pkg-config file" test \
  -e "$dev/include/n2c/n2c.h" -a -e "$dev/lib/libn2c.a" -a -e "$dev/lib/pkgconfig/n2c.pc"

check "n2c --version is the build's" equal "$("$out/bin/n2c" --version | head -n 1)" "n2c $(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")"
check "it makes what upstream made, and helps as it should" env N2C="$out/bin/n2c" "$golden" --out="$work/golden.log"
N2C=$out/bin/n2c
start_n2c_registry --memory
make_image 3
digest=$("$N2C" push "$work/image.json" "$registry/pushed:1" --store-root "$work" --digest-file "$work/digest" > "$work/push.log" 2>&1 &&
  cat "$work/digest")
check "it pushes to n2c serve" equal "$digest" \
  "sha256:$(curl -sf "http://$registry/v2/pushed/manifests/1" -H 'Accept: application/vnd.oci.image.manifest.v1+json' | sha256sum | cut -d' ' -f1)"

user="with import $tests/pkgs.nix { }; stdenv.mkDerivation {
  name = \"show-layers\";
  src = $root/test/library;
  nativeBuildInputs = [ libraries.pkg-config ];
  buildInputs = [ ($package) ];
  buildPhase = ''\$CXX -std=c++23 show_layers.cc -o show-layers \$(pkg-config --cflags --libs n2c)'';
  installPhase = ''mkdir -p \$out/bin && cp show-layers \$out/bin/'';
}"
shown=$(nix-build --no-out-link -E "$user" 2> "$work/user.log")
check "a program is built with what dev has and propagates" equal \
  "$("$shown/bin/show-layers" "$work/image.json" "$work" | tail -n +2 | cut -d' ' -f3)" "$(jq -r '.layers[].digest' "$work/image.json")"
check "and keeps nothing of it but its libraries" equal "$(nix-store -qR "$shown" | names)" \
  "boost curl fmt isa-l libarchive libxcrypt openssl re2 show-layers zstd"
