{
  description = "The stand-in for nixpkgs, as a flake that may take its place";
  outputs = _: {
    legacyPackages = builtins.listToAttrs (map (system: { name = system; value = import ./pkgs.nix { inherit system; }; })
      [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ]);
  };
}
