# One tag for two processors. Nothing of the other one is run here; a real flake takes `pkgs` for each system.
{ pkgs, nix2container, ... }:

let
  imageFor = arch: nix2container.buildImage {
    name = "index";
    inherit arch;
    config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
    labels.processor = arch;
    annotations."org.opencontainers.image.title" = "hello for ${arch}";
  };
in
nix2container.buildIndex {
  name = "index";
  images = [ (imageFor "amd64") (imageFor "arm64") ];
  annotations."org.opencontainers.image.description" = "hello, twice";
}
