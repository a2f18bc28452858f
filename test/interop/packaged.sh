#!/usr/bin/env bash
# What scripts/package makes: the Debian package, installed and run, and the image, unpacked and run.
. "$(dirname "$0")/common.inc"
need_root
need dpkg-deb dpkg-shlibdeps jq
made=$work/made
N2C_BUILD=${N2C%/src/n2c} "$root/scripts/package" "$made" >"$work/package.log" 2>&1 || fail "scripts/package: $(tail -n 3 "$work/package.log")"
version=$("$N2C" --version | sed -n '1s/^n2c //p')
deb=$made/n2c_${version}_$(dpkg --print-architecture).deb

if command -v lintian >/dev/null; then
  check "lintian finds nothing" equal "$(lintian "$deb" 2>/dev/null | grep -v '^N:' || true)" ""
fi
mkdir -p "$work/installed/var/lib/dpkg"/{info,updates} && touch "$work/installed/var/lib/dpkg/status"
dpkg --root="$work/installed" --force-depends --log="$work/dpkg.log" -i "$deb" >"$work/install.log" 2>&1 || fail "dpkg -i: $(tail -n 2 "$work/install.log")"
usr=$work/installed/usr
check "the installed program runs" equal "$("$usr/bin/n2c" --version | head -n 1)" "n2c $version"
check "and by its other name" equal "$("$usr/bin/nix2container" --version | head -n 1)" "n2c $version"
check "each command has its manual page" equal "$(ls "$usr/share/man/man1" | wc -l)" \
  "$(($(ls "$root"/docs/manual/*.mdoc | wc -l) - 1 + 1))" # without options.mdoc, with nix2container's
check "a page can be read" bash -c "zcat '$usr/share/man/man1/n2c-push.1.gz' | grep -q '^.Nd push an image'"
check "bash finds its completions" bash -nc ". '$usr/share/bash-completion/completions/n2c'"
# Each is installed here, or else n2c would not have been built.
for package in $(dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/[ (].*//; s/^ *//' | tr -d ' '); do
  dpkg-query -W "$package" >/dev/null 2>&1 || fail "it depends on $package, which is not a package here"
done
check "it depends on packages of this Debian" true

N2C=$usr/bin/n2c
"$N2C" copy "oci-archive:$made/n2c-image.tar" "dir:$work/image" -q >/dev/null 2>"$work/copy.log"
mkdir "$work/root"
for layer in $(jq -r '.layers[].digest' "$work/image/manifest.json"); do tar -xzf "$work/image/${layer#*:}" -C "$work/root" 2>>"$work/tar.log"; done
config=$work/image/$(jq -r .config.digest "$work/image/manifest.json" | sed 's/^sha256://')
check "the image's program is n2c" equal "$(jq -r '.config.Entrypoint[0]' "$config")" /usr/bin/n2c
check "it runs, with nothing but what is in the image" equal "$(chroot "$work/root" /usr/bin/n2c --version | head -n 1)" "n2c $version"
start_n2c_registry --memory
cp "$made/n2c-image.tar" "$work/root/image.tar"
pushed=$(chroot "$work/root" /usr/bin/n2c copy oci-archive:/image.tar "$registry/n2c:$version" -q) || fail "the image does not copy"
check "and pushes itself" equal "$pushed" "$registry/n2c:$version@$("$N2C" digest "oci-archive:$made/n2c-image.tar")"
