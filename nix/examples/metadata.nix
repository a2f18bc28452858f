# What the image's history says of a layer, labels on the image, and annotations on its manifest.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "metadata";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
  labels."org.opencontainers.image.title" = "hello";
  annotations."org.opencontainers.image.description" = "says hello, in so many words";
  layers = [
    (nix2container.buildLayer {
      deps = [ pkgs.hello ];
      metadata = {
        created_by = "nix build";
        author = "the example";
        comment = "a layer with a history";
      };
    })
  ];
}
