# An image that is not stored: its `stream` is a program that writes it as a docker-archive to standard output. For NixOS:
#   virtualisation.oci-containers.containers.stream = { image = image.imageRefUnsafe; imageStream = image.stream; };
# With docker alone: $(nix build --print-out-paths .#stream.stream) | docker load
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "stream";
  tag = "latest";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
}
