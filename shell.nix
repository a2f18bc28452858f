# What a day's work on n2c takes: `nix develop`, or `nix-shell`.
{ pkgs ? import <nixpkgs> { } }:

let
  n2c = pkgs.callPackage ./nix/package.nix { };
in
pkgs.mkShell {
  inputsFrom = [ n2c ];
  inherit (n2c) BOOST_INCLUDEDIR BOOST_LIBRARYDIR;
  packages = [ pkgs.ccache pkgs.clang-tools pkgs.jq pkgs.openssl pkgs.python3 pkgs.skopeo pkgs.sqlite ]
    ++ [ (if pkgs.stdenv.hostPlatform.isLinux then pkgs.gdb else pkgs.lldb) ];
}
