# The least there is: a program, and what it needs.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "basic";
  config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
}
