# Layers without thinking about them: the store paths that most others need come first, each in a layer of its own, as
# long as layers last.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "layered";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
  maxLayers = 3;
}
