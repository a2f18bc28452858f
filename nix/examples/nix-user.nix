# The same for a user who is not root: /nix is theirs, and so is their home.
{ pkgs, nix2container, ... }:

let
  user = "user";
  uid = 1000;
  gid = 1001;
  home = pkgs.runCommand "home" { } ''
    mkdir -p $out/etc $out/home/${user}
    echo "root:x:0:0::/:" > $out/etc/passwd
    echo "${user}:x:${toString uid}:${toString gid}::/home/${user}:" >> $out/etc/passwd
    echo "${user}:x:${toString gid}:" > $out/etc/group
  '';
in
nix2container.buildImage {
  name = "nix-user";
  tag = "latest";
  initializeNixDatabase = true;
  nixUid = uid;
  nixGid = gid;
  copyToRoot = [
    (pkgs.buildEnv {
      name = "root";
      paths = [ pkgs.coreutils pkgs.nix pkgs.bash ];
      pathsToLink = [ "/bin" ];
    })
    home
  ];
  perms = [{ path = home; regex = "/home/${user}"; mode = "0744"; inherit uid gid; uname = user; gname = user; }];
  config = {
    User = user;
    WorkingDir = "/home/${user}";
    Cmd = [ "/bin/bash" "-c" "id -u; nix-store --verify && ls -nd /nix/store /home/${user}" ];
    Env = [ "USER=${user}" "HOME=/home/${user}" "PATH=/bin" "NIX_PAGER=cat" ];
  };
}
