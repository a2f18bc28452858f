# A small application on top of a large dependency layer: an edit of hello.py rebuilds and sends the small layer only.
{ pkgs, nix2container, application ? ./hello.py, ... }:

nix2container.buildImage {
  name = "uwsgi";
  config = {
    Entrypoint = [
      "${pkgs.uwsgi}/bin/uwsgi"
      "--plugin=python3"
      "--http"
      ":9090"
      "--callable"
      "app"
      "--wsgi-file"
      "${application}"
    ];
    ExposedPorts."9090/tcp" = { };
  };
  layers = [ (nix2container.buildLayer { deps = [ pkgs.uwsgi pkgs.python3 ]; }) ];
}
