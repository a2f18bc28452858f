# Every example, each an image (getManifest: a set of commands). `bases` replaces the public images that some build on.
{ pkgs, nix2container, bases ? { } }:

builtins.mapAttrs (_: file: import file ({ inherit pkgs nix2container; } // bases)) {
  accounts = ./accounts.nix;
  bash = ./bash.nix;
  basic = ./basic.nix;
  capabilities = ./capabilities.nix;
  created = ./created.nix;
  duplicated = ./duplicated.nix;
  fromImage = ./from-image.nix;
  fromImageManifest = ./from-image-manifest.nix;
  getManifest = ./get-manifest.nix;
  healthcheck = ./healthcheck.nix;
  hello = ./hello.nix;
  index = ./index.nix;
  layered = ./layered.nix;
  layersFile = ./layers-file.nix;
  metadata = ./metadata.nix;
  nested = ./nested.nix;
  nginx = ./nginx.nix;
  nix = ./nix.nix;
  nix-user = ./nix-user.nix;
  nixShared = ./nix-shared.nix;
  nonReproducible = ./non-reproducible.nix;
  openbar = ./openbar.nix;
  ownership = ./ownership.nix;
  perms = ./perms.nix;
  permsFile = ./perms-file.nix;
  stream = ./stream.nix;
  uwsgi = ./uwsgi;
}
