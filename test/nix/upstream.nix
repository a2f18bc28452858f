# nix2container's own examples, by its functions and program and by ours. `folder` is a checkout of it, `binary` its
# program, compiled. What its default.nix and its examples take from nixpkgs stands beside what ours take (pkgs.nix).
{ folder, binary, program }:

let
  mine = import ./pkgs.nix { };
  lib = mine.lib // {
    defaultTo = default: value: if value == null then default else value;
    toList = value: if builtins.isList value then value else [ value ];
    flatten = value: if builtins.isList value then builtins.concatMap lib.flatten value else [ value ];
    traceIf = condition: text: value: if condition then builtins.trace text value else value;
    warnIf = condition: text: if condition then builtins.trace text else (value: value);
    throwIf = condition: text: if condition then throw text else (value: value);
    isDerivation = value: value.type or null == "derivation";
    splitString = separator: text: builtins.filter builtins.isString (builtins.split separator text);
    importJSON = file: builtins.fromJSON (builtins.readFile file);
    toInt = builtins.fromJSON;
    fileset = { };
  };
  pkgs = mine // {
    inherit lib;
    stdenv = mine.stdenv // { isDarwin = false; };
    callPackage = file: given:
      let function = import file;
      in function (builtins.intersectAttrs (builtins.functionArgs function) (pkgs // { inherit pkgs; }) // given);
    buildGoModule = _: pkgs.runCommand "nix2container" { } ''
      mkdir -p $out/bin
      ln -s ${binary} $out/bin/nix2container
    '';
    go.GOARCH = "amd64";
    readline = pkgs.writeText "readline" "a library";
    dockerTools.fakeNss = pkgs.writeTextDir "etc/passwd" "root:x:0:0::/:/bin/sh\n";
    python3 = mine.python3 // { withPackages = _: mine.python3; };
    uwsgi = mine.uwsgi // { override = _: mine.uwsgi; };
    writeShellApplication = { name, text, ... }: pkgs.writeShellScriptBin name text;
  };
  n2c = pkgs.runCommand "n2c" { } ''
    mkdir -p $out/bin
    ln -s ${program} $out/bin/n2c
  '';

  # Not what has to be pulled; and `perms` has a command that is a string, which the program refuses.
  examplesOf = nix2container: removeAttrs (import (folder + "/examples") { inherit pkgs nix2container; })
    [ "fromImage" "fromImageManifest" "getManifest" "perms" ];
  linked = images: pkgs.runCommand "examples" { } ''
    mkdir $out
    ${builtins.concatStringsSep "\n" (map (name: "ln -s ${images.${name}} $out/${name}") (builtins.attrNames images))}
  '';
in
{
  theirs = linked (examplesOf (import (folder + "/default.nix") { inherit pkgs; }).nix2container);
  ours = linked (examplesOf (import ../../nix { inherit pkgs n2c; }).nix2container);
}
