# The manifests of one platform, printed: nix run .#examples.getManifest.quay
{ nix2container, ... }:

builtins.mapAttrs (_: base: (nix2container.pullImageFromManifest base).getManifest) {
  alpine = { imageName = "library/alpine"; arch = "amd64"; };
  quay = { imageName = "containers/podman"; imageTag = "v4.5"; registryUrl = "quay.io"; };
}
