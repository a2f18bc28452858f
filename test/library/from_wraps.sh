#!/usr/bin/env bash
# A tarball of `meson dist` builds, with the libraries that subprojects/ makes in place of the system's where Debian's
# source packages hold upstream's own tarballs, and what comes out works.
#
# usage: from_wraps.sh N2C BUILD-FOLDER GOLDEN
build=$(realpath "$2")
golden=$(realpath "$3")
. "$(dirname "$0")/../interop/common.inc"
need meson ninja git apt-get make perl
git -C "$root" rev-parse --git-dir >/dev/null 2>&1 || skip "this is not a clone: meson dist wants one"
"$root/scripts/sources" --upstream || skip "the sources could not be fetched"

# Its own folder of builds, so that what is dist's is not mistaken for what was built before.
git clone -q "$root" "$work/clone"
mkdir "$work/clone/subprojects/packagecache"
cd "$work/clone"
meson setup "$work/dist" -Dprefer_static=false >"$work/setup.log"
meson dist -C "$work/dist" --no-tests --formats gztar >"$work/dist.log" 2>&1
tarball=$(echo "$work"/dist/meson-dist/n2c-*.tar.gz)
check "meson dist makes ${tarball##*/}" test -s "$tarball"
mkdir "$work/unpacked"
tar -xf "$tarball" -C "$work/unpacked" --strip-components=1
cd "$work/unpacked"
cp -r "$root/subprojects/packagecache" subprojects/
# What is not made here and not on the system is missed in a sentence.
says_without() { # says_without WORDS VARIABLE=VALUE: what setting up says where the variable leads nowhere
  ! env "$2" meson setup "$work/without-${2%%=*}" >"$work/without" 2>&1 || return 1
  grep -q ": $1 is not on this system: install " "$work/without"
}
check "without Boost it says what to install" says_without Boost.JSON BOOST_ROOT="$work/nowhere"
mkdir "$work/packages"
for folder in $(pkg-config --variable pc_path pkg-config | tr : ' '); do
  [ ! -d "$folder" ] || find "$folder" -name '*.pc' ! -name libisal.pc -exec cp {} "$work/packages/" \;
done
check "without ISA-L too" says_without ISA-L PKG_CONFIG_LIBDIR="$work/packages"

names=curl,libarchive,doctest,openssl
meson setup made --buildtype=plain -Doptimization=1 --wrap-mode=nodownload --force-fallback-for="$names" >"$work/setup.log" ||
  fail "Meson sets it up: $(tail -n 5 "$work/setup.log")"
for name in ${names//,/ }; do
  check "$name is made here" grep -qE "^ +$name +: YES" "$work/setup.log"
done
ninja -C made src/n2c test/golden >"$work/ninja.log" 2>&1 || fail "it is built: $(grep -A5 FAILED "$work/ninja.log" | head -n 20 | cut -c -300)"
check "it says its version" equal "$(made/src/n2c --version | head -n 1)" "$("$N2C" --version | head -n 1)"
check "it makes what upstream made" env N2C="$PWD/made/src/n2c" "$golden" >"$work/golden.log"
check "and it loads none of these libraries" equal "$(ldd made/src/n2c | grep -E 'lib(curl|archive|ssl|crypto)' || true)" ""
N2C=$PWD/made/src/n2c "$root/test/interop/carried.sh"
