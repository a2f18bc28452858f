#!/usr/bin/env bash
# nix2container's own examples: its functions and program make the same image.json of them as ours. $NIX2CONTAINER is a
# checkout of it with its program in it: git clone …/nix2container; cd nix2container; go build .
. "$(dirname "$0")/own_store.inc"
[ -n "${NIX2CONTAINER:-}" ] || skip "\$NIX2CONTAINER, a checkout of nix2container with its program compiled, is not set"

# The store paths of the database and of kept layers are named after the program that made them.
nameless() { sed -E 's,/nix/store/[0-9a-z]{32}-(nix-database|layers.json),/nix/store/\1,g' "$1"; }
for side in theirs ours; do
  declare "$side=$(nix-build --no-out-link "$tests/upstream.nix" -A $side --argstr program "$N2C" \
    --arg folder "$NIX2CONTAINER" --argstr binary "$NIX2CONTAINER/nix2container" 2> "$work/$side.log" || echo failed)"
  [ "${!side}" != failed ] || fail "$side: $(tail -n 20 "$work/$side.log")"
done
for example in "$theirs"/*; do
  example=${example##*/}
  check "$example: image.json is the same" diff <(nameless "$theirs/$example") <(nameless "$ours/$example")
done
