# Modes file by file: the regular expression is looked for anywhere in the file's store path.
{ pkgs, nix2container, ... }:

let
  files = pkgs.runCommand "files" { } ''
    mkdir -p $out/data
    echo secret > $out/data/key
    echo script > $out/data/run
    echo text > $out/data/text
  '';
in
nix2container.buildImage {
  name = "perms";
  copyToRoot = [ files ];
  perms = [
    { path = files; regex = "/data/key$"; mode = "0400"; }
    { path = files; regex = "/data/run$"; mode = "4755"; }
  ];
  config.Entrypoint = [ "${pkgs.coreutils}/bin/ls" "-l" "/data" ];
}
