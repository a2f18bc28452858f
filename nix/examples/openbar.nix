# A folder everyone may write to. The store cannot hold such a mode; the layer's tar can.
{ pkgs, nix2container, ... }:

let
  tmp = pkgs.runCommand "tmp" { } "mkdir -p $out/tmp";
in
nix2container.buildImage {
  name = "openbar";
  config.Entrypoint = [ "${pkgs.coreutils}/bin/ls" "-l" "/" ];
  layers = [
    (nix2container.buildLayer {
      copyToRoot = [ tmp ];
      perms = [{ path = tmp; regex = ".*"; mode = "0777"; }];
    })
  ];
}
