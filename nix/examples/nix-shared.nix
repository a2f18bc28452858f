# A Nix inside the image that the users of a group may write to as root does.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "nix-shared";
  initializeNixDatabase = true;
  nixGid = 30000;
  nixMode = "0775";
  groups.nixbld = { gid = 30000; members = [ "app" ]; };
  users.app = { uid = 1000; home = "/home/app"; };
  config = {
    User = "app";
    Cmd = [ "${pkgs.coreutils}/bin/ls" "-lnd" "/nix/var/nix/db" ];
  };
}
