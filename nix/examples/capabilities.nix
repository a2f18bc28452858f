# A program that may listen below port 1024 although its user is not root, and folders that their group may write to as
# well: capabilities are an attribute of the file in the layer, orMode sets bits beside those that a file has.
{ pkgs, nix2container, ... }:

let
  files = pkgs.runCommand "files" { } ''
    mkdir -p $out/bin $out/srv/data
    cp ${pkgs.busybox}/bin/busybox $out/bin/busybox
  '';
in
nix2container.buildImage {
  name = "capabilities";
  copyToRoot = [ files ];
  perms = [
    { path = files; regex = "/bin/busybox$"; capabilities = "cap_net_bind_service=ep"; }
    { path = files; regex = "/srv(/data)?$"; orMode = "0220"; gid = 1000; }
  ];
  config = {
    User = "1000:1000";
    # It says which capabilities it has: CapEff, bit 10.
    Entrypoint = [ "/bin/busybox" "grep" "CapEff" "/proc/self/status" ];
  };
}
