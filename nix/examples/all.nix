# All examples as one derivation, a folder of their descriptions, with each of them beside it: so that a flake may call
# the set a package.
{ pkgs, examples }:

let
  # Not those for which something has to be pulled.
  built = removeAttrs examples [ "fromImage" "fromImageManifest" "getManifest" ];
in
pkgs.runCommandLocal "examples" { } ''
  mkdir $out
  ${builtins.concatStringsSep "\n" (map (name: "ln -s ${built.${name}} $out/${name}") (builtins.attrNames built))}
'' // examples
