#!/usr/bin/env bash
# Types what README.md and docs/getting-started.md say, as somebody does who has just found them, and fails where a command does.
#
#   test/nix/first_hour.sh N2C            checks
#   N2C_WRITE=1 test/nix/first_hour.sh N2C   also writes docs/first-hour.md: what was typed and what it printed
#
# There is no network: nixpkgs is the stand-in of these tests, n2c the program that was given, and ghcr.io a registry on
# the loopback.
. "$(dirname "$0")/own_store.inc"
need python3
mkdir -p "$work/bin" "$work/n2c"
cat >"$work/n2c/flake.nix" <<NIX
{
  inputs.nixpkgs.url = "path:$tests";
  outputs = { nixpkgs, ... }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      n2c = pkgs.runCommand "n2c" { } "mkdir -p \$out/bin; ln -s $N2C \$out/bin/n2c";
    in
    { packages.x86_64-linux = import ./nix { inherit pkgs n2c; }; };
}
NIX
cp -r "$root/nix" "$work/n2c/nix"
real=$(command -v nix)
cat >"$work/bin/nix" <<SH
#!/bin/sh
# The flakes that the pages name, from this machine.
command=\$1
shift
exec "$real" "\$command" --no-write-lock-file --override-input nixpkgs "path:$tests" --override-input n2c "path:$work/n2c" "\$@"
SH
ln -s "$N2C" "$work/bin/n2c"
chmod +x "$work/bin/nix"
export PATH=$work/bin:$PATH
start_n2c_registry --memory
python3 "$tests/first_hour.py" "$root" "$work" "$registry" ${N2C_WRITE:+--write}
