# buildImage: layers and a configuration as one image, described in an image.json that names store paths and holds
# none of their bytes. Its commands are attributes of it: push, load, serve, inspect, sbom, provenance, and the copyTo family.
{ pkgs, lib, n2c, arguments, configRules, permRules, accounts, closureGraph, nixDatabase, buildLayer, runnables, statements, goArch }:

let
  inherit (arguments) checked describe fromContents must mustBe mustBeArch mustBeBase mustBeLayerCount mustBeLayers mustBeName
    mustBeStrings mustBeTag mustNotBoth strict withNested;

  # The first part of a store path's name. It keeps its context: whatever uses the tag depends on the image.
  hashOf = path: builtins.substring 0 32 (baseNameOf path);

  # Arguments of other tools, and what they are called here.
  elsewhere = import ./elsewhere.nix;

  # Callers can list its arguments (builtins.functionArgs); unknown ones are refused with a sentence.
  buildImage =
    {
      # The image's name at its destination, where it is in lower case.
      name
      # null: the hash of the image's store path.
    , tag ? null
      # The container's configuration: Entrypoint, Cmd, Env, User, WorkingDir, ExposedPorts, Volumes, Labels, StopSignal;
      # and what only Docker and podman know: Healthcheck, OnBuild, Shell, StopTimeout.
    , config ? { }
      # Layers made by buildLayer, below the image's own.
    , layers ? [ ]
      # A derivation, or a list of them, whose files go to the image's root.
    , copyToRoot ? null
      # An image to build on: pullImage, pullImageFromManifest, or another buildImage. "" and null: none.
    , fromImage ? ""
      # The processor, by Go's name: amd64, arm64, …
    , arch ? goArch
      # Owners and modes (see buildLayer).
    , perms ? [ ]
    , permsFile ? null
    , strictPerms ? false
    , strictRoots ? false
      # Into how many layers to put what `layers` does not hold.
    , maxLayers ? 1
      # true: a Nix inside the image knows the image's store paths.
    , initializeNixDatabase ? false
      # Who owns /nix then, and with which mode.
    , nixUid ? 0
    , nixGid ? 0
    , nixMode ? "0755"
      # Accounts, in /etc/passwd, /etc/group and /etc/shadow: { app = { uid = 1000; home = "/home/app"; }; }, and
      # { wheel = { gid = 10; members = [ "app" ]; }; }. root is always there.
    , users ? { }
    , groups ? { }
      # Folders that have to be there: "/var/lib/app", { path = "/tmp"; mode = "1777"; }.
    , ensureDirs ? [ ]
      # A tar, or a list of them, whose entries are above everything else, with their owners and modes.
    , fromTar ? null
      # The image's creation time: RFC 3339.
    , created ? "0001-01-01T00:00:00Z"
    , meta ? { }
      # Further attributes of the image.
    , passthru ? { }
      # Deprecated: copyToRoot.
    , contents ? null
      # Written on the image's manifest wherever it goes, in an index too: { "org.opencontainers.image.source" = "https://…"; }
    , annotations ? { }
      # Labels besides those in `config`.
    , labels ? { }
      # true: the image inherits Env, Entrypoint, Cmd and the rest of fromImage's configuration where `config` does not set them.
    , mergeBaseConfig ? false
      # For the image's own layers, as in buildLayer.
    , compressor ? null
    , layerStrategy ? null
    , layersFile ? null
    , excludes ? [ ]
    , exactRelocation ? false
      # true: `push` keeps an index of layers in the repository, and uses it (n2c push --layer-index).
    , layerIndex ? false
      # The image's flake: `self`, or { url = "github:acme/app"; rev = "…"; narHash = "…"; }. image.provenance
      # names it, and what its lock file pins.
    , flake ? null
    , ...
    }@given:
    let
      function = "buildImage (image '${if builtins.isString name then name else "?"}')";
      written = configRules.written function config labels;
      configFile = pkgs.writeText "config.json" (builtins.toJSON written);
      roots = fromContents "buildImage" contents copyToRoot;
      lower = withNested layers;

      database = nixDatabase (closureGraph {
        paths = [ configFile ] ++ roots ++ lower;
        without = [ configFile ] ++ lower;
      });
      ownLayer = buildLayer {
        inherit permsFile layers layersFile maxLayers compressor layerStrategy excludes exactRelocation strictPerms strictRoots;
        # The configuration's text names the store paths it needs. They belong in the image; it does not.
        deps = [ configFile ];
        ignore = configFile;
        copyToRoot = roots ++ lib.optional initializeNixDatabase database;
        perms = perms ++ lib.optional initializeNixDatabase {
          path = database;
          regex = ".*";
          mode = nixMode;
          uid = nixUid;
          gid = nixGid;
        };
      };

      # Above all others, and only where there is something: layers of their own, so that folders may have other modes
      # than those of the same name below.
      accountFiles = accounts.layerOf { inherit users groups ensureDirs; };
      upper = lib.optional (accountFiles != null) (buildLayer (accountFiles // { inherit compressor; }))
        ++ lib.optional (fromTar != null && fromTar != [ ]) (buildLayer { inherit fromTar compressor; });

      hasBase = fromImage != null && fromImage != "";
      base = if mergeBaseConfig then fromImage.withConfig or fromImage else fromImage;

      command = builtins.concatStringsSep " " ([ "${n2c}/bin/n2c" "image" "$out" ]
        ++ lib.optional hasBase "--from-image ${base}"
        ++ lib.optional mergeBaseConfig "--merge-base-config"
        ++ lib.optional (configRules.hasDockerKeys written) "--keep-docker-keys"
        ++ [ "--arch ${lib.escapeShellArg arch}" "--created ${lib.escapeShellArg created}" ]
        ++ map (key: "--annotation ${lib.escapeShellArg "manifest:${key}=${annotations.${key}}"}") (builtins.attrNames annotations)
        ++ [ "${configFile}" ]
        ++ map (layer: "${layer}/layers.json") (lower ++ [ ownLayer ] ++ upper));

      image = runnables.dressed (pkgs.runCommandLocal "image-${baseNameOf name}.json" { inherit meta passthru; } ''
        ${command}
      '') (self: rec {
        inherit fromImage arch annotations layerIndex;
        config = written;
        imageName = lib.toLower name;
        imageTag = if tag == null then hashOf self.outPath else tag;
        # For messages and for engines that have the image: it does not put the image into the store.
        imageRefUnsafe = builtins.unsafeDiscardStringContext "${imageName}:${imageTag}";
        override = change: buildImage (given // (if builtins.isFunction change then change given else change));
      } // runnables.ofImage self // statements self (roots ++ builtins.concatMap (layer: layer.packages or [ ]) lower) flake // passthru);
    in
    builtins.seq (strict "buildImage" buildImage elsewhere given) checked function [
      (mustBeName name)
      (mustBeTag tag)
      (configRules.mustBeConfig config)
      (mustNotBoth contents copyToRoot)
      (mustBeLayers layers)
      (permRules.mustBePerms perms)
      (mustBeLayerCount maxLayers)
      (mustBeBase fromImage)
      (mustBe "bool" "initializeNixDatabase" initializeNixDatabase)
      (mustBe "int" "nixUid" nixUid)
      (mustBe "int" "nixGid" nixGid)
      (mustBe "string" "nixMode" nixMode)
      (accounts.check { inherit users groups ensureDirs; })
      (must (created != "now") "'created' is \"now\", which gives another image at each build; write a date, such as self.lastModifiedDate in RFC 3339 form")
      (mustBe "string" "created" created)
      (mustBeArch arch)
      (mustBeStrings "annotations" annotations)
      (mustBeStrings "labels" labels)
      (mustBe "set" "passthru" passthru)
      (mustBe "set" "meta" meta)
      (mustBe "bool" "mergeBaseConfig" mergeBaseConfig)
      (mustBe "bool" "layerIndex" layerIndex)
      (must (flake == null || builtins.isAttrs flake) "'flake' is ${describe flake}; it takes the flake's `self`, or a set with url, rev and narHash")
      (must (mergeBaseConfig -> hasBase) "'mergeBaseConfig' needs a 'fromImage' to merge")
    ]
      image;
in
buildImage
