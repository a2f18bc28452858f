# What can be run on an image: `nix run .#app.push -- ghcr.io/acme/app:tag`, and the rest. Arguments go on to n2c.
{ pkgs, lib, n2c, skopeo }:

let
  # A command and what it runs, in one file. `nix run` finds it by its name.
  script = name: text: pkgs.writeShellScriptBin name ''
    set -euo pipefail
    ${text}
  '';

  # An image has its annotations in its description; those of an index go on the command line.
  annotations = index: lib.concatMapStringsSep " "
    (key: "--annotation " + lib.escapeShellArg "index:${key}=${index.annotations.${key}}")
    (builtins.attrNames index.annotations);

  layerIndex = made: lib.optionalString made.layerIndex "--layer-index ";

  # The historic commands, in skopeo's words: people pass skopeo's arguments to them.
  copyTo = image: name: line: destination: script name ''
    echo ${line}
    exec ${skopeo}/bin/skopeo --insecure-policy copy nix:${image} ${destination} "$@"
  '';

  # What was made (an image, an index) and what hangs on it. One that was changed by overrideAttrs has its own commands
  # and its own tag.
  dressed = made: passthruOf:
    let
      passthru = passthruOf self;
      self = made // passthru // {
        passthru = (made.passthru or { }) // passthru;
        overrideAttrs = change: dressed (made.overrideAttrs change) passthruOf;
      };
    in
    self;

  # The push of an image, with more words for n2c.
  pushOf = image: words: ''exec ${n2c}/bin/n2c push ${image} --own-name ${referenceOf image} ${layerIndex image}${words}"$@"'';

  # What an image is called. Without a tag: its name.
  referenceOf = image: image.imageName + lib.optionalString (image.imageTag != "") ":${image.imageTag}";
in
{
  inherit dressed script referenceOf pushOf;

  ofImage = image:
    let
      reference = referenceOf image;
    in
    {
      # push [REFERENCE] [FLAGS]: to a registry. Without a reference: to the image's own name.
      # With a bill of materials it is sbom.push: what that needs to know is neither evaluated nor built for this one.
      push = script "push" ''
        asked="" told=""
        for argument in "$@"; do
          case $argument in
            --sbom | --sbom=*) asked=1 ;;
            --closure-graph | --closure-graph=* | --package-info | --package-info=*) told=1 ;;
          esac
        done
        if [ -n "$asked" ] && [ -z "$told" ]; then
          echo "n2c: --sbom: this command does not know what Nix knows of the packages" >&2
          echo "hint: sbom.push does: nix run .#IMAGE.sbom.push -- REFERENCE" >&2
          exit 2
        fi
        ${pushOf image ""}
      '';
      # load [MORE-NAMES] [FLAGS]: into the container engine of this machine, under the image's own name.
      load = script "load" ''
        exec ${n2c}/bin/n2c load ${image} ${reference} "$@"
      '';
      # serve [FLAGS]: a registry on this machine that holds the image.
      serve = script "serve" ''
        exec ${n2c}/bin/n2c serve --image ${reference}=${image} "$@"
      '';
      # inspect [FLAGS]: the layers, their sizes, and what they hold most of.
      inspect = script "inspect" ''
        exec ${n2c}/bin/n2c inspect ${image} "$@"
      '';

      # One executable file that writes the image to standard output as a docker-archive, as NixOS wants it:
      # virtualisation.oci-containers.containers.<name>.imageStream.
      stream = pkgs.writeScript "stream-${baseNameOf image.imageName}" ''
        #!${pkgs.runtimeShell}
        exec ${n2c}/bin/n2c push ${image} docker-archive:-:${reference} --quiet "$@"
      '' // { inherit (image) imageName imageTag; };

      copyToDockerDaemon = copyTo image "copy-to-docker-daemon"
        "Copy to Docker daemon image ${reference}" "docker-daemon:${reference}";
      copyToRegistry = copyTo image "copy-to-registry"
        "Copy to Docker registry image ${reference}" "docker://${reference}";
      copyToPodman = copyTo image "copy-to-podman"
        "Copy to podman image ${reference}" "containers-storage:${reference}";
      copyTo = copyTo image "copy-to"
        "Running skopeo --insecure-policy copy nix:${image} \"$@\"" "";
    };

  ofIndex = index:
    let
      reference = referenceOf index;
      files = builtins.concatStringsSep " " (map (image: "${image}") index.images);
    in
    {
      # push [REFERENCE] [FLAGS]: every image and the index over them. Without a reference: to the index's own name.
      push = script "push" ''
        exec ${n2c}/bin/n2c push --index ${files} --own-name ${reference} ${layerIndex index}${annotations index} "$@"
      '';
    };
}
