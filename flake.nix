{
  description = "Container images from Nix store paths, without tarballs";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      forEachSystem = f: builtins.listToAttrs
        (map (system: { name = system; value = f nixpkgs.legacyPackages.${system}; }) systems);
      onLinux = pkgs: given: if pkgs.stdenv.hostPlatform.isLinux then given else { };
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
        # nix run .#examples.bash.load, nix run .#tests.hello, nix run .#tests.all
        examples = import ./nix/examples/all.nix { inherit pkgs; examples = examplesFor pkgs; };
        tests = import ./nix/tests.nix { inherit pkgs; examples = examplesFor pkgs; };
      } // onLinux pkgs {
        static = pkgs.pkgsStatic.callPackage ./nix/package.nix { };
      });

      devShells = forEachSystem (pkgs: { default = import ./shell.nix { inherit pkgs; }; });

      # The same for those who look for sets that are no derivations.
      legacyPackages = forEachSystem (pkgs: { examples = examplesFor pkgs; });

      overlays.default = final: _: {
        inherit (functionsFor final) n2c nix2container nix2container-bin skopeo-nix2container;
      };

      # Of the examples those that need no registry, where what an image holds is built: a Mac has it from a Linux machine.
      checks = forEachSystem (pkgs: onLinux pkgs (removeAttrs (examplesFor pkgs) [ "fromImage" "fromImageManifest" "getManifest" ]) // {
        inherit (functionsFor pkgs) n2c;
        skopeo-words = pkgs.runCommand "skopeo-words" { } ''
          ${pkgs.bash}/bin/bash ${./test/nix/skopeo_words.sh} ${./nix/skopeo.bash}
          touch $out
        '';
      });
    };
}
