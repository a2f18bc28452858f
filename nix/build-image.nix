# buildImage: layers and a configuration as one image, described in an image.json that names store paths and holds
# no bytes of them. What can be done with it hangs on it: push, load, serve, inspect, and the copyTo family.
{ pkgs, lib, n2c, arguments, closureGraph, nixDatabase, buildLayer, runnables, goArch }:

let
  inherit (arguments) checked describe fromContents must mustBe mustBeLayers mustBePerms mustBeStrings mustNotBoth;

  # The first part of a store path's name. It keeps its context: who uses the tag depends on the image.
  hashOf = path: builtins.substring 0 32 (baseNameOf path);

  # Labels join those of the configuration, whose keys may be written in any case.
  withLabels = config: labels:
    let
      isLabels = key: lib.toLower key == "labels";
      keys = builtins.filter isLabels (builtins.attrNames config);
      present = builtins.foldl' (all: key: all // config.${key}) { } keys;
    in
    if labels == { } then config else removeAttrs config keys // { Labels = present // labels; };

  # A command is a list of words: a string would need a shell that the image may not have.
  mustBeLists = config:
    let
      keys = builtins.filter (key: builtins.elem (lib.toLower key) [ "entrypoint" "cmd" "env" ]) (builtins.attrNames config);
      wrong = builtins.filter (key: config.${key} != null && !builtins.isList config.${key}) keys;
      key = builtins.head wrong;
    in
    must (wrong == [ ]) "'config.${key}' must be a list of strings, and is ${describe config.${key}}";
in
arguments.strict "buildImage" (
  {
    # What the image is called where it goes; written in lower case there.
    name
    # null: the hash of the image's store path.
  , tag ? null
    # The container's configuration: Entrypoint, Cmd, Env, User, WorkingDir, ExposedPorts, Volumes, Labels, StopSignal.
  , config ? { }
    # Layers made by buildLayer, below the image's own.
  , layers ? [ ]
    # A derivation, or a list of them, whose files go to the image's root.
  , copyToRoot ? null
    # An image to build on: pullImage, pullImageFromManifest, or another buildImage.
  , fromImage ? null
    # The processor, in Go's word for it: amd64, arm64, …
  , arch ? goArch
    # Owners and modes (see buildLayer).
  , perms ? [ ]
  , strictPerms ? false
    # How many layers to make of what `layers` does not hold.
  , maxLayers ? 1
    # true: a Nix inside the image knows the store paths of the image.
  , initializeNixDatabase ? false
    # Who owns /nix then.
  , nixUid ? 0
  , nixGid ? 0
    # When the image was made, for those who ask it: RFC 3339.
  , created ? "0001-01-01T00:00:00Z"
  , meta ? { }
    # Deprecated: copyToRoot.
  , contents ? null
    # Written on the image's manifest wherever it goes, in an index too: { "org.opencontainers.image.source" = "https://…"; }
  , annotations ? { }
    # Labels beside those of `config`.
  , labels ? { }
    # true: Env, Entrypoint, Cmd and the rest of fromImage's configuration hold where `config` says nothing.
  , mergeBaseConfig ? false
    # For the image's own layers, as in buildLayer.
  , compressor ? null
  , layerStrategy ? null
  , excludes ? [ ]
  , exactRelocation ? false
  }:
  let
    function = "buildImage (image '${if builtins.isString name then name else "?"}')";
    configFile = pkgs.writeText "config.json" (builtins.toJSON (withLabels config labels));
    roots = fromContents "buildImage" contents copyToRoot;
    lower = builtins.concatMap (layer: layer.nestedLayers) layers ++ layers;

    database = nixDatabase (closureGraph {
      paths = [ configFile ] ++ roots ++ lower;
      without = [ configFile ] ++ lower ++ roots;
    });
    ownLayer = buildLayer {
      inherit layers maxLayers compressor layerStrategy excludes exactRelocation strictPerms;
      # The configuration's text names the store paths it needs. They belong in the image; it does not.
      deps = [ configFile ];
      ignore = configFile;
      copyToRoot = roots ++ lib.optional initializeNixDatabase database;
      perms = perms ++ lib.optional initializeNixDatabase {
        path = database;
        regex = ".*";
        mode = "0755";
        uid = nixUid;
        gid = nixGid;
      };
    };

    base = if mergeBaseConfig then fromImage.withConfig or fromImage else fromImage;

    command = builtins.concatStringsSep " " ([ "${n2c}/bin/n2c" "image" "$out" ]
      ++ lib.optional (fromImage != null) "--from-image ${base}"
      ++ lib.optional mergeBaseConfig "--merge-base-config"
      ++ [ "--arch ${lib.escapeShellArg arch}" "--created ${lib.escapeShellArg created}" ]
      ++ map (key: "--annotation ${lib.escapeShellArg "manifest:${key}=${annotations.${key}}"}") (builtins.attrNames annotations)
      ++ [ "${configFile}" ]
      ++ map (layer: "${layer}/layers.json") (lower ++ [ ownLayer ]));

    image = pkgs.runCommandLocal "image-${baseNameOf name}.json"
      {
        inherit meta;
        passthru = rec {
          inherit fromImage arch annotations;
          imageName = lib.toLower name;
          imageTag = if tag == null then hashOf image.outPath else tag;
          # For messages and for engines that have the image: it does not bring the image into the store.
          imageRefUnsafe = builtins.unsafeDiscardStringContext "${imageName}:${imageTag}";
        } // runnables.ofImage image;
      } ''
      ${command}
    '';
  in
  checked function [
    (mustBe "string" "name" name)
    (must (builtins.match "[[:space:]]*" name == null) "'name' is empty")
    (must (builtins.match ".*:[^/]*" name == null) "'name' is ${describe name}; the part after the colon belongs in 'tag'")
    (must (tag == null || builtins.isString tag && builtins.match "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}" tag != null)
      "'tag' is ${describe tag}; a tag is up to 128 letters, digits, '_', '.' and '-', and begins with none of the last two")
    (mustBe "set" "config" config)
    (mustBeLists config)
    (mustNotBoth contents copyToRoot)
    (mustBeLayers layers)
    (mustBePerms perms)
    (mustBe "int" "maxLayers" maxLayers)
    (must (fromImage == null || arguments.isStorePath fromImage)
      "'fromImage' must be what pullImage, pullImageFromManifest or buildImage returns, and is ${describe fromImage}")
    (must (created != "now") "'created' is \"now\", which gives another image at each build; write a date, such as self.lastModifiedDate in RFC 3339 form")
    (mustBe "string" "created" created)
    (mustBe "string" "arch" arch)
    (mustBeStrings "annotations" annotations)
    (mustBeStrings "labels" labels)
    (must (mergeBaseConfig -> fromImage != null) "'mergeBaseConfig' needs a 'fromImage' to merge")
  ]
    image
)
