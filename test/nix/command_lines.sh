#!/usr/bin/env bash
# The functions call n2c as nix2container's call its program (docs/format.md H3.6), with closure graphs in the agreed form
# (F2.4): so the same derivations give the same layers. Every example is built with a program that writes down how
# it was called; `command_lines.txt` is what it must have written, without the hashes of store paths.
# N2C_ACCEPT=1 writes that file anew.
. "$(dirname "$0")/own_store.inc"

cat > "$work/recorder" <<SH
#!/bin/bash
echo "\$*" >> $work/record
# The second word is the output in every build command.
echo null > "\$2"
SH
chmod 755 "$work/recorder"
N2C=$work/recorder

build called > /dev/null 2> "$work/build.log"

nameless() { sed -E 's|/nix/store/[0-9a-z]{32}-|/nix/store/|g'; }
nameless < "$work/record" | sort > "$work/found"
[ -z "${N2C_ACCEPT:-}" ] || cp "$work/found" "$tests/command_lines.txt"
check "every example calls n2c with the agreed words in the agreed order" diff "$tests/command_lines.txt" "$work/found"

while read -r command out graph _; do
  case $command in layers-*) ;; *) continue ;; esac
  jq -e '
    (map(.path) | . == (sort | unique))
    and all(.[]; .references == (.references | sort))
    and all(.[]; has("narHash") and has("narSize") and has("closureSize"))' "$graph" > /dev/null ||
    fail "$graph of $out is not sorted as agreed: $(head -c 400 "$graph")"
done < "$work/record"
echo "ok: every closure graph is sorted by path, with sorted references, sizes and hashes"

graph_of() { grep -o "/nix/store/[^ ]*-closure-graph.json --max-layers $1 " "$work/record" | cut -d' ' -f1; }
# The example `layered` is the only one with three layers.
paths=$(jq -r '.[].path' "$(graph_of 3)" | nameless | sort | tr '\n' ' ')
check "a closure graph holds the closure of what the image names, and not the configuration" \
  equal "$paths" "/nix/store/busybox /nix/store/hello "
