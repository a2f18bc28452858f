# A service: its configuration is a store path, the folders it writes to are made at the root.
{ pkgs, nix2container, ... }:

let
  port = "8080";
  site = pkgs.writeTextDir "index.html" "<h1>Served from the store</h1>\n";
  configuration = pkgs.writeText "nginx.conf" ''
    user nobody nobody;
    daemon off;
    error_log /dev/stdout info;
    pid /dev/null;
    events {}
    http {
      access_log /dev/stdout;
      server {
        listen ${port};
        root ${site};
      }
    }
  '';
  folders = pkgs.runCommand "nginx-folders" { } ''
    mkdir -p $out/var/log/nginx $out/var/lib/nginx $out/var/cache/nginx $out/tmp
  '';
  # nginx looks up who it is to become.
  users = pkgs.runCommand "users" { } ''
    mkdir -p $out/etc
    echo "root:x:0:0::/:" > $out/etc/passwd
    echo "nobody:x:65534:65534::/:" >> $out/etc/passwd
    echo "root:x:0:" > $out/etc/group
    echo "nobody:x:65534:" >> $out/etc/group
  '';
in
nix2container.buildImage {
  name = "nginx";
  copyToRoot = [ folders users ];
  config = {
    Cmd = [ "${pkgs.nginx}/bin/nginx" "-c" configuration ];
    ExposedPorts."${port}/tcp" = { };
  };
}
