# The same layer reached along two ways: it is in the image once.
{ pkgs, nix2container, ... }:

let
  shared = nix2container.buildLayer { deps = [ pkgs.coreutils ]; };
  left = nix2container.buildLayer { deps = [ pkgs.hello ]; layers = [ shared ]; };
  right = nix2container.buildLayer { deps = [ pkgs.bash ]; layers = [ shared ]; };
in
nix2container.buildImage {
  name = "duplicated";
  layers = [ left right shared ];
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
}
