# A store path that differs each time it is built: its layer's tar is kept beside its digest, so that both always come
# from the same build.
{ pkgs, nix2container, ... }:

let
  moment = pkgs.runCommand "moment" { } "date > $out";
in
nix2container.buildImage {
  name = "non-reproducible";
  config.Entrypoint = [ "${pkgs.coreutils}/bin/cat" "${moment}" ];
  layers = [ (nix2container.buildLayer { deps = [ moment ]; reproducible = false; }) ];
}
