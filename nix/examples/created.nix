# An image with a date. The default is the year 1, so that the same image is the same image every day.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "created";
  created = "2024-05-13T09:31:10+02:00";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
}
