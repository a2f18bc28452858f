# Layers that another program chose, such as dockerTools' layering pipeline: a list of lists of store paths, from the
# lowest layer. What no list has is one more layer.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "layers-file";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
  layersFile = pkgs.writeText "layers.json" (builtins.toJSON [ [ "${pkgs.hello}" ] ]);
}
