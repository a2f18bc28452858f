# An image with a user of its own, folders that are the user's, and what a command under fakeroot packed.
{ pkgs, nix2container, ... }:

nix2container.buildImage {
  name = "accounts";
  users.app = { uid = 1000; home = "/home/app"; description = "the application"; };
  groups.wheel = { gid = 10; members = [ "app" ]; };
  ensureDirs = [ "/var/lib/app" { path = "/tmp"; mode = "1777"; } ];
  fromTar = pkgs.runCommand "packed.tar" { nativeBuildInputs = [ pkgs.fakeroot pkgs.gnutar ]; } ''
    mkdir -p root/srv/data
    echo secret > root/srv/data/key
    chmod 0640 root/srv/data/key
    fakeroot sh -c "chown -R 33:44 root/srv; tar -C root -cf $out ."
  '';
  config = {
    User = "app";
    Cmd = [ "${pkgs.coreutils}/bin/ls" "-ln" "/" "/srv/data" ];
  };
}
