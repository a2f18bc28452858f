# A shell in /bin: what `copyToRoot` is for. Started without a command, the container is that shell.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "bash";
  copyToRoot = pkgs.buildEnv {
    name = "root";
    paths = [ pkgs.bashInteractive pkgs.coreutils ];
    pathsToLink = [ "/bin" ];
  };
  config.Cmd = [ "/bin/bash" ];
}
