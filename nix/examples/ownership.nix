# Owners file by file.
{ pkgs, nix2container, ... }:

let
  files = pkgs.runCommand "files" { } ''
    mkdir -p $out/data
    echo mine > $out/data/mine
    echo yours > $out/data/yours
  '';
in
nix2container.buildImage {
  name = "ownership";
  copyToRoot = [ files ];
  perms = [{ path = files; regex = "/data/yours$"; uid = 1001; gid = 1002; }];
  config.Entrypoint = [ "${pkgs.coreutils}/bin/ls" "-ln" "/data" ];
}
