# Layers on layers: each holds what the ones below it do not.
{ pkgs, nix2container, ... }:

let
  tools = nix2container.buildLayer { deps = [ pkgs.coreutils ]; };
  shell = nix2container.buildLayer { deps = [ pkgs.bashInteractive ]; layers = [ tools ]; };
in
nix2container.buildImage {
  name = "nested";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
  layers = [ shell ];
}
