# Images that are already in a registry, as bases: pullImage and pullImageFromManifest. Everything that is fetched is
# named by its digest, so Nix lets the builders reach the network.
{ pkgs, lib, n2c, arguments, runnables, goArch }:

let
  inherit (arguments) checked describe fail must mustBe mustBeArch mustBeDigest strict;

  # Where people mount their logins into the build's sandbox (`extra-sandbox-paths`); not having it is fine.
  authFile = "/etc/skopeo/auth.json";

  access = tlsVerify: builtins.concatStringsSep "\n" ([
    "access=(--ca-file ${pkgs.cacert}/etc/ssl/certs/ca-bundle.crt)"
    ''if [ -f "''${NIX_SSL_CERT_FILE:-}" ]; then access=(--ca-file "$NIX_SSL_CERT_FILE"); fi''
    "if [ -f ${authFile} ]; then access+=(--auth-file ${authFile}); fi"
  ] ++ lib.optional (!tlsVerify) "access+=(--tls-verify=false)");

  # An output whose content is known beforehand, made by a builder that may use the network and its proxies.
  fetched = name: output: text: pkgs.runCommand name
    (output // { impureEnvVars = lib.fetchers.proxyImpureEnvVars; })
    text;

  fileName = builtins.replaceStrings [ "/" ":" ] [ "-" "-" ];

  # The image.json of what was pulled. Its `withConfig` is the same with the image's configuration in it, for
  # buildImage's mergeBaseConfig; the historic form has the layers only.
  described = imageName: passthru: command: words:
    let
      describe = more: attributes: pkgs.runCommand "nix2container-${fileName imageName}.json" attributes ''
        ${n2c}/bin/n2c ${command} ${words}${more}
      '';
    in
    describe "" { passthru = passthru // { withConfig = describe " --with-config" { inherit passthru; }; }; };

  elsewhere = {
    finalimagename = "a pulled image has no name of its own; the image that is built on it has 'name'";
    finalimagetag = "a pulled image has no tag of its own; the image that is built on it has 'tag'";
    hash = "it is 'sha256', which takes hashes of every form";
  };

  # With a variant ("arm/v7") or without.
  mustBeArchOf = arch: if builtins.isString arch && builtins.match "arm(64)?/v[0-9]+" arch != null then null else mustBeArch arch;

  # The whole image in one store path, in the form of skopeo's `dir:`.
  pullImage =
    {
      # registry.example.org/team/app; without a host, Docker Hub's.
      imageName
      # Of the image, or of an index that has one for the platform.
    , imageDigest
      # Of the store path; Nix says which when it is wrong.
    , sha256
    , os ? "linux"
    , arch ? goArch
      # false: plain HTTP and certificates nobody vouches for are taken as well.
    , tlsVerify ? true
    , name ? fileName "docker-image-${imageName}"
    , ...
    }@given:
    builtins.seq (strict "pullImage" pullImage elsewhere given) checked "pullImage (${if builtins.isString imageName then imageName else "?"})" [
      (mustBe "string" "imageName" imageName)
      (mustBeDigest "imageDigest" imageDigest)
      (mustBeArchOf arch)
      (must (builtins.isString sha256)
        "'sha256' must be the hash of the pulled folder, and is ${describe sha256}; write lib.fakeSha256 and Nix will say which it is")
      (mustBe "bool" "tlsVerify" tlsVerify)
    ]
      (described imageName { } "image-from-dir" "$out ${fetched name {
        inherit imageDigest;
        outputHashMode = "recursive";
        outputHashAlgo = "sha256";
        outputHash = sha256;
      } ''
        ${access tlsVerify}
        ${n2c}/bin/n2c pull ${lib.escapeShellArg "${imageName}@${imageDigest}"} "$out" --platform ${os}/${arch} "''${access[@]}"
      ''}");

  # One store path for each blob, from the digests in a manifest.json that is kept with the sources.
  pullImageFromManifest =
    {
      imageName
      # The file; getManifest prints its content.
    , imageManifest ? null
      # What getManifest asks for; the manifest decides what is pulled.
    , imageTag ? "latest"
    , os ? "linux"
    , arch ? goArch
    , tlsVerify ? true
    , registryUrl ? "docker.io"
    , ...
    }@given:
    let
      function = "pullImageFromManifest (${if builtins.isString imageName then imageName else "?"})";
      repository = "${registryUrl}/${imageName}";
      parsed = builtins.fromJSON (builtins.readFile imageManifest);
      manifest =
        if imageManifest == null then
          fail function "'imageManifest' is missing; nix run the passthru getManifest to print it, and keep it in a file"
        else if parsed ? manifests then
          fail function "'imageManifest' is an index of several platforms; the passthru getManifest prints the manifest of one"
        else if !(parsed ? config && parsed ? layers) then
          fail function "'imageManifest' is not an image manifest: it has no 'config' or no 'layers'"
        else parsed;

      hexOf = digest: lib.removePrefix "sha256:" digest;
      blob = { digest, ... }: fetched (hexOf digest)
        { outputHash = checked function [ (mustBeDigest "digest in imageManifest" digest) ] digest; }
        ''
          ${access tlsVerify}
          ${n2c}/bin/n2c pull ${lib.escapeShellArg "${repository}@${digest}"} "$out" --blob "''${access[@]}"
        '';
      blobs = builtins.listToAttrs
        (map (descriptor: { name = hexOf descriptor.digest; value = blob descriptor; }) (manifest.layers ++ [ manifest.config ]));
      blobMap = pkgs.writeText "${fileName imageName}-blobs.json" (builtins.toJSON blobs);

      getManifest = runnables.script "get-manifest" ''
        exec ${n2c}/bin/n2c pull ${lib.escapeShellArg "${repository}:${imageTag}"} - --manifest --platform ${os}/${arch} \
          ${lib.optionalString (!tlsVerify) "--tls-verify=false"} "$@"
      '';
    in
    builtins.seq (strict "pullImageFromManifest" pullImageFromManifest elsewhere given) checked function [
      (mustBe "string" "imageName" imageName)
      (mustBeArchOf arch)
      (mustBe "string" "imageTag" imageTag)
      (mustBe "string" "registryUrl" registryUrl)
      (mustBe "bool" "tlsVerify" tlsVerify)
    ]
      # getManifest must be there before the first manifest is.
      ({ inherit getManifest; } // described imageName { inherit getManifest; }
        "image-from-manifest" "$out ${builtins.seq manifest imageManifest} ${blobMap}");
in
{
  inherit pullImage pullImageFromManifest;
}
