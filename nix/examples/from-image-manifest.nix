# On top of an image from a registry, a store path for each blob: the manifest beside this file is the lock, and
#   nix run .#examples.fromImageManifest.fromImage.getManifest > nix/examples/alpine-manifest.json
# renews it.
{ pkgs, nix2container, baseByManifest ? {
    imageName = "library/alpine";
    imageManifest = ./alpine-manifest.json;
  }
, ...
}:

nix2container.buildImage {
  name = "from-image-manifest";
  fromImage = nix2container.pullImageFromManifest baseByManifest;
  config.Entrypoint = [ "${pkgs.coreutils}/bin/ls" "/etc/alpine-release" ];
}
