# The functions that make container images of Nix store paths. `import ./nix { inherit pkgs; }` gives
#   nix2container          { buildImage, buildLayer, buildIndex, pushAll, pullImage, pullImageFromManifest }; also the program's package
#   n2c                    the program
#   nix2container-bin      the same, under the name it has had elsewhere
#   skopeo-nix2container   skopeo's `copy nix:…` command line, done by n2c
#
# pkgs: nixpkgs, or as much of it as test/nix/pkgs.nix has; without it <nixpkgs> for the `system`. n2c: the program, when
# it is not to be built from here.
{ system ? builtins.currentSystem
, pkgs ? import <nixpkgs> { inherit system; }
, n2c ? pkgs.callPackage ./package.nix { }
}:

let
  inherit (pkgs) lib;

  # OCI images name processors as Go does.
  goArch = {
    x86_64-linux = "amd64";
    aarch64-linux = "arm64";
    armv6l-linux = "arm";
    armv7l-linux = "arm";
    i686-linux = "386";
    powerpc64le-linux = "ppc64le";
    riscv64-linux = "riscv64";
    s390x-linux = "s390x";
    # A Mac describes images for the Linux machine inside it.
    x86_64-darwin = "amd64";
    aarch64-darwin = "arm64";
  }.${pkgs.stdenv.hostPlatform.system} or (throw
    "nix2container: no default 'arch' is known for ${pkgs.stdenv.hostPlatform.system}; give 'arch' in Go's words, such as \"amd64\"");

  arguments = import ./arguments.nix { inherit lib; };
  configRules = import ./config.nix { inherit lib arguments; };
  permRules = import ./perms.nix { inherit lib arguments; };
  accounts = import ./accounts.nix { inherit pkgs lib arguments; };
  closureGraph = import ./closure-graph.nix { inherit pkgs; };
  nixDatabase = import ./nix-database.nix { inherit pkgs; };
  skopeo = import ./skopeo.nix { inherit pkgs n2c; };
  runnables = import ./runnables.nix { inherit pkgs lib n2c skopeo; };
  buildLayer = import ./build-layer.nix { inherit pkgs lib n2c arguments permRules closureGraph; };
  statements = import ./statements.nix { inherit pkgs lib n2c closureGraph runnables; };
  buildImage = import ./build-image.nix {
    inherit pkgs lib n2c arguments configRules permRules accounts closureGraph nixDatabase buildLayer runnables statements goArch;
  };
  buildIndex = import ./build-index.nix { inherit pkgs lib arguments runnables; };
  pushAll = import ./push-all.nix { inherit pkgs lib n2c arguments runnables; };
  pull = import ./pull.nix { inherit pkgs lib n2c arguments runnables goArch; };
in
{
  inherit n2c;
  nix2container-bin = n2c;
  skopeo-nix2container = skopeo;
  # A derivation, so that flakes may call it a package, with the functions beside it.
  nix2container = n2c // { inherit buildImage buildLayer buildIndex pushAll; inherit (pull) pullImage pullImageFromManifest; };
}
