# A Nix in the image that knows the image's store paths, those of the layers below too: for a CI that builds in it.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "nix";
  initializeNixDatabase = true;
  copyToRoot = pkgs.buildEnv {
    name = "root";
    paths = [ pkgs.coreutils pkgs.nix pkgs.bash ];
    pathsToLink = [ "/bin" ];
  };
  layers = [ (nix2container.buildLayer { deps = [ pkgs.hello ]; }) ];
  config = {
    Cmd = [ "/bin/nix-store" "--verify" ];
    # Nix wants to know who it is.
    Env = [ "USER=nobody" "HOME=/tmp" "PATH=/bin" "NIX_PAGER=cat" ];
  };
}
