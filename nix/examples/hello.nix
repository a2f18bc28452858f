# What changes often apart from what does not: a script in the image's own layer, and the programs it calls in a layer
# below that stays as it is when the script is edited.
{ pkgs, nix2container, ... }:

let
  application = pkgs.writeScript "greeting" ''
    #!${pkgs.bash}/bin/bash
    ${pkgs.hello}/bin/hello
    echo "How do you do?"
  '';
in
nix2container.buildImage {
  name = "hello";
  config.Entrypoint = [ "${pkgs.bash}/bin/bash" application ];
  layers = [ (nix2container.buildLayer { deps = [ pkgs.bash pkgs.hello ]; }) ];
}
