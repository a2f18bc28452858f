{
  description = "Container images from Nix store paths, without tarballs";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEachSystem = f: builtins.listToAttrs
        (map (system: { name = system; value = f nixpkgs.legacyPackages.${system}; }) systems);
      functionsFor = pkgs: import ./nix { inherit pkgs; };
      examplesFor = pkgs: import ./nix/examples {
        inherit pkgs;
        inherit (functionsFor pkgs) nix2container;
      };
    in
    {
      # nix2container is the program's package with the functions beside it:
      #   n2c.packages.x86_64-linux.nix2container.buildImage { … }
      packages = forEachSystem (pkgs: functionsFor pkgs // {
        default = (functionsFor pkgs).n2c;
        static = pkgs.pkgsStatic.callPackage ./nix/package.nix { };
      });

      # nix run .#examples.bash.load
      legacyPackages = forEachSystem (pkgs: { examples = examplesFor pkgs; });

      overlays.default = final: _: {
        inherit (functionsFor final) n2c nix2container;
      };

      # Those that need no registry.
      checks = forEachSystem (pkgs: removeAttrs (examplesFor pkgs) [ "fromImage" "fromImageManifest" "getManifest" ] // {
        inherit (functionsFor pkgs) n2c;
        skopeo-words = pkgs.runCommand "skopeo-words" { } ''
          ${pkgs.bash}/bin/bash ${./test/nix/skopeo_words.sh} ${./nix/skopeo.bash}
          touch $out
        '';
      });
    };
}
