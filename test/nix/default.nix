# What the tests build, with the stand-in for nixpkgs and a program that was compiled before.
#
# program: the n2c to call. bases: what the examples on a base image build on.
{ program
, bases ? "{ }"
, application ? null
}:

let
  pkgs = import ./pkgs.nix { };
  # Not copied: it is the machine's, like the other programs here.
  n2c = pkgs.runCommand "n2c" { } ''
    mkdir -p $out/bin
    ln -s ${program} $out/bin/n2c
  '';
  all = import ../../nix { inherit pkgs n2c; };
  inherit (all) nix2container;

  examples = import ../../nix/examples {
    inherit pkgs nix2container;
    bases = builtins.fromJSON bases // (if application == null then { } else { application = /. + application; });
  };
  images = removeAttrs examples [ "getManifest" "index" ];

  links = name: image: commands: pkgs.lib.concatMapStringsSep "\n"
    (command: "ln -s ${image.${command}}/bin/* $out/${name}/${command}")
    commands;
in
rec {
  inherit pkgs nix2container examples;
  inherit (all) skopeo-nix2container;

  # NAME/image.json, NAME/tag, and NAME/COMMAND for each example.
  linked = pkgs.runCommand "examples" { } (pkgs.lib.concatMapStringsSep "\n"
    (name: ''
      mkdir -p $out/${name}
      ln -s ${images.${name}} $out/${name}/image.json
      echo ${images.${name}.imageName}:${images.${name}.imageTag} > $out/${name}/reference
      ${links name images.${name} [ "push" "load" "serve" "inspect" "sbom" "provenance" "copyTo" "copyToRegistry" "copyToDockerDaemon" "copyToPodman" ]}
    '')
    (builtins.attrNames images) + ''

    mkdir -p $out/index $out/getManifest
    ln -s ${examples.index} $out/index/images
    ${links "index" examples.index [ "push" ]}
    ln -s ${examples.fromImageManifest.fromImage.getManifest}/bin/get-manifest $out/getManifest/base
  '');

  # Everything that calls a build command.
  called = pkgs.runCommand "called" { } (pkgs.lib.concatMapStringsSep "\n" (image: "echo ${image}")
    (builtins.attrValues (removeAttrs images [ "fromImage" "fromImageManifest" ]) ++ [ examples.index onBase extras ]) + "\ntouch $out");

  # On a base image, whatever it holds.
  onBase = nix2container.buildImage {
    name = "on-base";
    fromImage = base;
    mergeBaseConfig = true;
    config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
  };

  # On a base image from a registry, pulled either way.
  onPulledBase = mergedOn examples.fromImage.fromImage;
  onBaseByManifest = mergedOn examples.fromImageManifest.fromImage;
  mergedOn = fromImage: nix2container.buildImage {
    name = "merged";
    inherit fromImage;
    mergeBaseConfig = true;
    config.Env = [ "MINE=1" ];
  };

  # Of packages that say something of themselves, one below the other, and one that cannot be evaluated beside it.
  stated = nix2container.buildImage {
    name = "Stated/app";
    copyToRoot = pkgs.runCommand "greeter-1.2" {
      passthru = {
        pname = "greeter";
        version = "1.2";
        patches = [ ./wsgi.py (pkgs.writeText "CVE-2023-4911.patch" "") ];
        buildInputs = [ library { type = "derivation"; outPath = throw "it is broken"; } ];
      };
      meta = {
        description = "Says hello";
        homepage = "https://example.org/greeter";
        license = [ { spdxId = "MIT"; fullName = "MIT License"; } { shortName = "own"; fullName = "My own"; } ];
      };
    } "mkdir -p $out/share; echo ${library} > $out/share/needs";
    config.Entrypoint = [ "${pkgs.hello}/bin/hello" ];
  };
  library = pkgs.runCommand "library-3.0" { passthru.pname = "lib"; passthru.version = "3"; } "mkdir $out";
  statedCyclonedx = stated.sbom.cyclonedx;
  statedSpdx = stated.sbom.spdx;
  statedSbom = stated.sbom;
  # A flake's `self` as far as it goes, with a lock file.
  ofFlake = stated.override {
    flake = {
      url = "github:acme/app/0123456789012345678901234567890123456789";
      rev = "0123456789012345678901234567890123456789";
      narHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
      outPath = pkgs.writeTextDir "flake.lock" (builtins.toJSON lock);
    };
  };
  lock = {
    version = 7;
    root = "root";
    nodes.root.inputs.nixpkgs = "nixpkgs";
    nodes.nixpkgs.locked = {
      type = "github";
      owner = "NixOS";
      repo = "nixpkgs";
      rev = "abcdefabcdefabcdefabcdefabcdefabcdefabcd";
      narHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    };
  };
  statedProvenance = ofFlake.provenance;
  statedStatement = ofFlake.provenance.statement;
  statedPredicate = ofFlake.provenance.predicate;
  statedPush = stated.push;
  statedSbomPush = stated.sbom.push;

  # A store path whose name is no regular expression for itself, at the root or not.
  relocated = exactRelocation: nix2container.buildImage {
    name = "relocated";
    copyToRoot = pkgs.runCommand "gtk+-3.0" { } "mkdir -p $out/share; echo gtk > $out/share/gtk";
    inherit exactRelocation;
  };
  atTheRoot = relocated true;
  whereItWas = relocated false;

  # A mode that is not what it looks like.
  unclearMode = strictPerms: nix2container.buildLayer {
    deps = [ pkgs.hello ];
    perms = [{ path = pkgs.hello; regex = ".*"; mode = "0o755"; }];
    inherit strictPerms;
  };
  modeRefused = unclearMode true;
  modeTaken = unclearMode false;

  # Parts of store paths left out: of one at the root, and of one in its place.
  trimmed =
    let
      tree = name: pkgs.runCommand name { } ''
        mkdir -p $out/bin $out/share/doc/deep $out/share/docs
        touch $out/bin/tool $out/share/doc/page $out/share/doc/deep/page $out/share/docs/kept
      '';
      root = tree "root";
      inPlace = tree "lib.so+1";
    in
    nix2container.buildImage {
      name = "trimmed";
      copyToRoot = root;
      config.Env = [ "IN_PLACE=${inPlace}" ];
      excludes = map (path: { inherit path; excludes = [ "share/doc" "bin/tool" ]; }) [ root inPlace ];
    };

  # Every argument that adds a word to a command line.
  extras = nix2container.buildImage {
    name = "extras";
    arch = "arm64";
    copyToRoot = [ pkgs.hello ];
    compressor = "zstd";
    layerStrategy = "size";
    maxLayers = 5;
    excludes = [{ path = pkgs.hello; excludes = [ "share" ]; }];
    layers = [
      (nix2container.buildLayer {
        deps = [ pkgs.coreutils ];
        metadata = { };
        reproducible = false;
        compressor = "gzip";
        perms = [{ path = pkgs.coreutils; regex = ".*"; mode = "0700"; }];
        strictPerms = true;
      })
    ];
  };

  # An image to build on, as if it had come from elsewhere.
  base = baseFor.amd64;
  baseFor = builtins.listToAttrs (map
    (arch: {
      name = arch;
      value = nix2container.buildImage {
        name = "library/base";
        tag = "latest";
        inherit arch;
        copyToRoot = [
          (pkgs.writeTextDir "etc/alpine-release" "3.20.0\n")
          (pkgs.writeTextDir "etc/arch" "${arch}\n")
        ];
        config = {
          Env = [ "PATH=/base/bin" "FROM=base" ];
          Cmd = [ "/bin/sh" ];
        };
      };
    }) [ "amd64" "arm64" ]);
}
