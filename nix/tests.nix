# The examples, each loaded into podman and run: nix run .#tests.hello, nix run .#tests.all.
{ pkgs, examples }:

let
  # NAME: what a container of the example's image says, and to which command.
  sayings = {
    bash = { pattern = "^/bin/bash 5"; command = "/bin/bash -c 'echo \"$(type -p bash) $BASH_VERSION\"'"; };
    basic.pattern = "^Hello, world!$";
    capabilities.pattern = "^CapEff:.*0400$";
    duplicated.pattern = "^Hello, world!$";
    fromImage.pattern = "/etc/alpine-release$";
    fromImageManifest.pattern = "/etc/alpine-release$";
    hello.pattern = "^How do you do[?]$";
    layered.pattern = "^Hello, world!$";
    nested.pattern = "^Hello, world!$";
    nix = { pattern = "hello"; command = "/bin/nix-store --query --requisites ${pkgs.hello}"; };
    nix-user.pattern = "^1000$";
    nonReproducible.pattern = "20[0-9][0-9]";
    openbar.pattern = "^drwxrwxrwx .* tmp$";
    ownership.pattern = "^-r--r--r-- +1 1001 +1002 .* yours$";
    perms.pattern = "^-r-------- .* key$";
  };

  test = name: { pattern, command ? "" }:
    let image = examples.${name};
    in pkgs.writeShellScriptBin "test-${name}" ''
      set -euo pipefail
      ${image.load}/bin/load --engine podman --quiet
      said=$(${pkgs.podman}/bin/podman run --rm ${image.imageName}:${image.imageTag} ${command})
      if grep -qE '${pattern}' <<< "$said"; then
        echo "ok: ${name}"
      else
        printf 'FAILED: ${name}\nwanted: %s\nfound:  %s\n' '${pattern}' "$said"
        exit 1
      fi
    '';
  tests = builtins.mapAttrs test sayings;

  all = pkgs.writeShellScriptBin "test-all" ''
    set -e
    ${builtins.concatStringsSep "\n" (map (name: "${tests.${name}}/bin/test-${name}") (builtins.attrNames tests))}
  '';
in
all // tests // { inherit all; }
