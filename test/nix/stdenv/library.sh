# Sourced by the builder of a library: what the Debian packages that own $files have, in $out and $dev.
triplet=$(gcc -print-multiarch)
packages=$(for file in $files; do
  dpkg -S "/usr/include/$file" "/usr/include/$triplet/$file" "/usr/lib/$triplet/$file" 2>/dev/null
done | cut -d: -f1 | sort -u) || [ -n "$packages" ]
mkdir -p "$out/lib" "$dev/include" "$dev/lib/pkgconfig" "$dev/nix-support"
# shellcheck disable=SC2086
owned=$(dpkg -L $packages)

link_all() { # link_all FOLDER FILE...: a folder that is there already gets what is in the other one too
  local folder=$1 file
  shift
  for file; do
    if [ -L "$folder/${file##*/}" ] && [ -d "$file" ]; then
      local before
      before=$(readlink "$folder/${file##*/}")
      rm "$folder/${file##*/}"
      mkdir "$folder/${file##*/}"
      ln -s "$before"/* "$file"/* "$folder/${file##*/}/"
    else
      ln -s "$file" "$folder/"
    fi
  done
}
# shellcheck disable=SC2046
link_all "$dev/include" $(grep -oE "^/usr/include/($triplet/)?[^/]+" <<<"$owned" | grep -vx "/usr/include/$triplet" | sort -u)
# Copies of these: Meson follows links when it looks for Boost.
for object in $(grep -E '/lib[^/]*\.so$' <<<"$owned"); do
  name=$(readelf -d "$object" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
  cp -L "$object" "$out/lib/$name"
  ln -s "$name" "$out/lib/${object##*/}"
done
for file in $(grep '\.pc$' <<<"$owned"); do
  sed -e "s,^prefix=.*,prefix=$dev," -e "s,^libdir=.*,libdir=$out/lib," -e "s,^includedir=.*,includedir=$dev/include," \
    -e '/\.private:/d' "$file" > "$dev/lib/pkgconfig/${file##*/}"
done
echo "$out" > "$dev/nix-support/propagated-build-inputs"
