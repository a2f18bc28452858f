# buildIndex: images for several architectures under one tag. The output is a folder of links, ARCH.json each.
{ pkgs, lib, arguments, runnables }:

let
  inherit (arguments) checked describe must mustBe mustBeName mustBeStrings mustBeTag strict;
  hashOf = path: builtins.substring 0 32 (baseNameOf path);

  buildIndex =
    {
      name
      # null: the hash of the index's store path.
    , tag ? null
      # What buildImage returns, one image for each architecture.
    , images
      # Written on the index when it is pushed. Each image keeps its own on its manifest.
    , annotations ? { }
      # true: `push` keeps an index of layers in the repository, and uses it (n2c push --layer-index).
    , layerIndex ? false
    , meta ? { }
      # Further attributes of the index.
    , passthru ? { }
    , ...
    }@given:
    let
      function = "buildIndex (image '${if builtins.isString name then name else "?"}')";
      wrong = builtins.filter (image: !(image ? arch && image ? imageName)) images;
      archs = map (image: image.arch) images;
      index = runnables.dressed (pkgs.runCommandLocal "index-${baseNameOf name}" { inherit meta passthru; } ''
        mkdir $out
        ${builtins.concatStringsSep "\n" (map (image: "ln -s ${image} $out/${image.arch}.json") images)}
      '') (self: rec {
        inherit images annotations layerIndex;
        imageName = lib.toLower name;
        imageTag = if tag == null then hashOf self.outPath else tag;
        imageRefUnsafe = builtins.unsafeDiscardStringContext "${imageName}:${imageTag}";
        override = change: buildIndex (given // (if builtins.isFunction change then change given else change));
      } // runnables.ofIndex self // passthru);
    in
    builtins.seq (strict "buildIndex" buildIndex { } given) checked function [
      (mustBeName name)
      (mustBeTag tag)
      (mustBe "list" "images" images)
      (must (images != [ ]) "'images' is empty; an index needs at least one image")
      (must (wrong == [ ]) "'images' holds ${describe (builtins.head wrong)}; it takes what buildImage returns")
      (must (builtins.all (arch: builtins.length (builtins.filter (a: a == arch) archs) == 1) archs)
        "two of the 'images' are for the same architecture (${builtins.concatStringsSep ", " archs}); set 'arch' in each buildImage")
      (mustBeStrings "annotations" annotations)
      (mustBe "bool" "layerIndex" layerIndex)
    ]
      index;
in
buildIndex
