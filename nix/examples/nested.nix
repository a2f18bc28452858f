# Layers on layers. A layer leaves out what the layers in its own `layers` hold, and does not look further down: so the
# image names both, although `shell` brings `tools` along.
{ pkgs, nix2container, ... }:

let
  tools = nix2container.buildLayer { deps = [ pkgs.coreutils ]; };
  shell = nix2container.buildLayer { deps = [ pkgs.bashInteractive ]; layers = [ tools ]; };
in
nix2container.buildImage {
  name = "nested";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
  layers = [ tools shell ];
}
