# pushAll: several images by one command. What they share is sent once.
{ lib, n2c, arguments, runnables, pkgs }:

let
  inherit (arguments) checked describe must mustBe strict;

  pushAll =
    {
      # What buildImage returns. Each goes to its own name.
      images
      # What comes before the names: "ghcr.io/acme".
    , registry ? ""
      # true: each repository has an index of its layers, from which is learnt (n2c push --layer-index).
    , layerIndex ? false
    , ...
    }@given:
    let
      wrong = builtins.filter (image: !(image ? imageName && image ? imageTag)) images;
      lineOf = image: "${image} ${lib.optionalString (registry != "") "${registry}/"}${runnables.referenceOf image}";
      list = pkgs.writeText "images" (lib.concatMapStringsSep "\n" lineOf images + "\n");
    in
    builtins.seq (strict "pushAll" pushAll { } given) checked "pushAll" [
      (mustBe "list" "images" images)
      (mustBe "string" "registry" registry)
      (mustBe "bool" "layerIndex" layerIndex)
      (must (images != [ ]) "'images' is empty; there is nothing to push")
      (must (wrong == [ ]) "'images' holds ${describe (builtins.head wrong)}; it takes what buildImage returns")
    ]
      (list // {
        inherit images;
        # push [FLAGS]: all of them, in this order.
        push = runnables.script "push" ''
          exec ${n2c}/bin/n2c push --all ${list} ${lib.optionalString layerIndex "--layer-index "}"$@"
        '';
      });
in
pushAll
