# buildIndex: images for several architectures under one tag. The output is a folder of links, ARCH.json each.
{ pkgs, lib, arguments, runnables }:

let
  inherit (arguments) checked describe must mustBe mustBeStrings;
  hashOf = path: builtins.substring 0 32 (baseNameOf path);
in
arguments.strict "buildIndex" (
  {
    name
    # null: the hash of the index's store path.
  , tag ? null
    # What buildImage returns, one image for each architecture.
  , images
    # Written on the index when it is pushed. Each image keeps its own on its manifest.
  , annotations ? { }
  , meta ? { }
  }:
  let
    function = "buildIndex (image '${if builtins.isString name then name else "?"}')";
    wrong = builtins.filter (image: !(image ? arch && image ? imageName)) images;
    archs = map (image: image.arch) images;
    index = pkgs.runCommandLocal "index-${baseNameOf name}"
      {
        inherit meta;
        passthru = rec {
          inherit images annotations;
          imageName = lib.toLower name;
          imageTag = if tag == null then hashOf index.outPath else tag;
          imageRefUnsafe = builtins.unsafeDiscardStringContext "${imageName}:${imageTag}";
        } // runnables.ofIndex index;
      } ''
      mkdir $out
      ${builtins.concatStringsSep "\n" (map (image: "ln -s ${image} $out/${image.arch}.json") images)}
    '';
  in
  checked function [
    (mustBe "string" "name" name)
    (mustBe "list" "images" images)
    (must (images != [ ]) "'images' is empty; an index needs at least one image")
    (must (wrong == [ ]) "'images' holds ${describe (builtins.head wrong)}; it takes what buildImage returns")
    (must (builtins.all (arch: builtins.length (builtins.filter (a: a == arch) archs) == 1) archs)
      "two of the 'images' are for the same architecture (${builtins.concatStringsSep ", " archs}); set 'arch' in each buildImage")
    (mustBeStrings "annotations" annotations)
  ]
    index
)
