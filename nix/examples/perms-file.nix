# Owners and modes that a derivation works out, such as for files whose names are not known beforehand: a JSON list of what
# `perms` takes, which comes behind `perms`.
{ pkgs, nix2container, ... }:

let
  files = pkgs.runCommand "files" { } ''
    mkdir -p $out/data
    echo secret > $out/data/key
    echo text > $out/data/text
  '';
in
nix2container.buildImage {
  name = "perms-file";
  copyToRoot = [ files ];
  permsFile = pkgs.runCommand "perms.json" { nativeBuildInputs = [ pkgs.jq ]; } ''
    cd ${files}/data
    for file in *; do
      echo "{\"path\": \"${files}\", \"regex\": \"/data/$file\$\", \"mode\": \"0400\", \"uid\": 1000}"
    done | jq -s . > $out
  '';
  config.Entrypoint = [ "${pkgs.coreutils}/bin/ls" "-ln" "/data" ];
}
