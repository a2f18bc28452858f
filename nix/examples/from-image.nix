# On top of an image from a registry, pulled whole.
{ pkgs, nix2container, base ? {
    imageName = "alpine";
    imageDigest = "sha256:115731bab0862031b44766733890091c17924f9b7781b79997f5f163be262178";
    sha256 = "sha256-o4GvFCq6pvzASvlI5BLnk+Y4UN6qKL2dowuT0cp8q7Q=";
  }
, ...
}:

nix2container.buildImage {
  name = "from-image";
  fromImage = nix2container.pullImage base;
  config.Entrypoint = [ "${pkgs.coreutils}/bin/ls" "/etc/alpine-release" ];
}
