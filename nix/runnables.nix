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
      # For a bill of materials Nix is asked what refers to what, in its own books. What packages say of themselves is
      # neither evaluated nor built for this one: sbom.push has that.
      push = script "push" ''
        asked="" told="" informed="" quiet=""
        for argument in "$@"; do
          case $argument in
            --sbom | --sbom=*) asked=1 ;;
            --closure-graph | --closure-graph=*) told=1 ;;
            --package-info | --package-info=*) informed=1 ;;
            -q | --quiet) quiet=1 ;;
          esac
        done
        if [ -z "$asked" ] || [ -n "$told" ]; then
          ${pushOf image ""}
        fi
        graph=$(nix --extra-experimental-features nix-command path-info --json --recursive ${image}) || {
          echo "n2c: --sbom: nix path-info does not say here what refers to what" >&2
          echo "hint: sbom.push does not need it: nix run .#IMAGE.sbom.push -- REFERENCE" >&2
          exit 2
        }
        if [ -z "$informed$quiet" ]; then
          echo "n2c: --sbom: licences, patches and versions that only Nix knows are in the bill of sbom.push:" \
            "nix run .#IMAGE.sbom.push -- REFERENCE" >&2
        fi
        ${pushOf image "--closure-graph <(printf %s \"$graph\") "}
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
