# For those who do without flakes: import ./. { inherit pkgs; }
{ ... }@args: import ./nix args
