#!/usr/bin/env bash
# The shell of a day's work has all that a build wants: with no library of the machine in sight, n2c is configured in it.
. "$(dirname "$0")/own_store.inc"
need dpkg g++ meson ninja pkg-config nix-shell

# Its folder is the first that commands are looked for in.
mkdir "$work/shell"
ln -s /bin/bash "$work/shell/bash"
export NIX_BUILD_SHELL=$work/shell/bash
# in_shell COMMAND: in the shell of shell.nix, without what this one has
in_shell() { nix-shell --pure "$root/shell.nix" --arg pkgs "import $tests/pkgs.nix { }" --run "$1" 2> "$work/shell.log"; }

in_shell 'type -P g++ jq meson ninja pkg-config python3' > "$work/programs" || fail "a program is missing: $(cat "$work/programs")"
check "the developer's programs are there, from the store" equal "$(grep -vc ^/nix/store/ "$work/programs")" 0
check "a build is configured" in_shell "meson setup $work/build $root -Dprefer_static=false -Dtests=own --wrap-mode=nodownload > $work/meson.log"
# But for the compiler's own and the C library's, which an archive's .pc file may name.
check "of the inputs' libraries alone" equal \
  "$(grep -oE '/usr/lib/[^ ]*\.(so|a)\b' "$work/build/build.ninja" | grep -vE '^/usr/lib/gcc/|/librt\.a$' | sort -u | xargs)" ""
