#!/usr/bin/env bash
# The library as others get it: installed into a folder, found by pkg-config and by Meson, and used by
# two example programs that see nothing of the source tree.
#
# usage: installed.sh N2C BUILD-FOLDER
build=$(realpath "$2")
. "$(dirname "$0")/../interop/common.inc"
need g++ pkg-config meson jq

(cd "$build" && DESTDIR="$work/installed" meson install --no-rebuild --quiet)
pc=$(find "$work/installed" -name n2c.pc)
[ -n "$pc" ] || fail "no n2c.pc was installed"
prefix=$work/installed$(sed -n 's/^prefix=//p' "$pc")
sed -i "s|^prefix=.*|prefix=$prefix|" "$pc"  # where this copy lies, as an install there would say
export PKG_CONFIG_PATH=${pc%/*}
cp "$root"/test/library/*.cc "$work/"
make_image 3
cd "$work"

for example in show_layers push_image; do
  # shellcheck disable=SC2046
  g++ -std=c++23 -O0 -Wall -Werror "$example.cc" -o "$example" $(pkg-config --cflags n2c) $(pkg-config --libs n2c)
  echo "ok: $example compiles and links against the installed copy"
done

./show_layers image.json "$work" >shown
check "show-layers reads the image" equal "$(tail -n +2 shown | cut -d' ' -f3)" "$(jq -r '.layers[].digest' image.json)"
check "and its config" equal "$(head -n 1 shown | jq -r '.rootfs.diff_ids[]')" "$(jq -r '.layers[].diff_ids' image.json)"
digest=$(./push_image image.json oci:layout:v1 "$work" 2>push.log)
"$N2C" push image.json oci:other:v1 --store-root "$work" --digest-file other.digest -q >/dev/null
check "push-image writes what n2c push writes" equal "$digest" "$(cat other.digest)"
check "and it is in the layout" equal "$(jq -r '.manifests[0].digest' layout/index.json)" "$digest"
status=0
./push_image missing.json oci:layout:v1 2>/dev/null || status=$?
check "a failure is an Error with its kind" equal "$status" 3
for header in $(cd "$prefix/include/n2c" && find . -name '*.h'); do
  ! grep -qE 'CLI/|CLI::' "$prefix/include/n2c/$header" || fail "$header names the command line's library"
done
echo "ok: no installed header knows of the command line"
(cd "$prefix/include/n2c" && find . -name '*.h' -printf '#include <%P>\n') >all.cc
# shellcheck disable=SC2046
check "every installed header compiles there" g++ -std=c++23 -fsyntax-only $(pkg-config --cflags n2c) all.cc

mkdir project && cp show_layers.cc project/
cat >project/meson.build <<'MESON'
project('user', 'cpp')
add_project_arguments('-std=c++23', language: 'cpp')
executable('show-layers', 'show_layers.cc', dependencies: dependency('n2c'))
MESON
meson setup project/build project >meson.log
ninja -C project/build >>meson.log
check "a Meson project finds it as a dependency" cmp shown <(project/build/show-layers image.json "$work")
