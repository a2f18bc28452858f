# What stands in for nixpkgs where there is no network: all that the functions of nix/ and the examples take from it,
# which is to say this is also the list of what they rely on. Programs come from the machine, so builds need
# `--option sandbox false`; evaluating needs nothing.
{ system ? "x86_64-linux" }:

rec {
  # ---- what nix/ relies on
  stdenv = { inherit (machine) mkDerivation hostPlatform buildPlatform; };
  inherit (machine) mkShell;
  machine = import ./stdenv { inherit system lib; };
  callPackage = file: given:
    let function = import file;
      arguments = builtins.intersectAttrs (builtins.functionArgs function) (libraries // { inherit lib stdenv; }) // given;
    in function arguments // {
      override = change: callPackage file (given // (if builtins.isFunction change then change arguments else change));
    };
  libraries = {
    inherit (machine) meson ninja pkg-config;
    # Its assembly is not for a Mac's assembler.
    isa-l = machine.library "isa-l" [ "isa-l.h" ] // { meta = { platforms = lib.platforms.linux ++ [ "x86_64-darwin" ]; }; };
  } // builtins.mapAttrs machine.library {
    boost = [ "boost/version.hpp" "libboost_json.so" ];
    cli11 = [ "CLI/CLI.hpp" ];
    curl = [ "curl/curl.h" ];
    doctest = [ "doctest/doctest.h" ];
    fmt = [ "fmt/core.h" ];
    libarchive = [ "archive.h" ];
    libxcrypt = [ "crypt.h" ];
    openssl = [ "openssl/ssl.h" ];
    # Debian 13's wants Abseil's headers beside its own.
    re2 = [ "re2/re2.h" ] ++ (if builtins.pathExists /usr/include/absl/base/config.h then [ "absl/base/config.h" ] else [ ]);
    zlib = [ "zlib.h" ];
    zstd = [ "zstd.h" ];
  };
  pkgsStatic = { inherit callPackage; };
  inherit (libraries) openssl;
  ccache = onlyHere "ccache";
  clang-tools = onlyHere "clang-format";
  gdb = onlyHere "gdb";
  lldb = onlyHere "lldb";
  skopeo = onlyHere "skopeo";
  fakeroot = onlyHere "fakeroot";
  podman = onlyHere "podman";

  lib = rec {
    toLower = builtins.replaceStrings (stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (stringToCharacters "abcdefghijklmnopqrstuvwxyz");
    stringToCharacters = text: builtins.genList (at: builtins.substring at 1 text) (builtins.stringLength text);
    boolToString = value: if value then "true" else "false";
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    optionalString = condition: text: if condition then text else "";
    concatMapStringsSep = separator: f: list: builtins.concatStringsSep separator (map f list);
    escapeShellArg = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
    removePrefix = prefix: text:
      let length = builtins.stringLength prefix;
      in if builtins.substring 0 length text == prefix then builtins.substring length (-1) text else text;
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    hasSuffix = suffix: text:
      let at = builtins.stringLength text - builtins.stringLength suffix;
      in at >= 0 && builtins.substring at (-1) text == suffix;
    getDev = package: package.dev or package;
    getLib = package: package.out or package;
    meta.availableOn = platform: package: builtins.elem platform.system (package.meta.platforms or [ platform.system ]);
    warn = message: value: builtins.trace "warning: ${message}" value;
    licenses.mit = "MIT";
    platforms = {
      linux = [ "x86_64-linux" "aarch64-linux" ];
      darwin = [ "x86_64-darwin" "aarch64-darwin" ];
    };
    fetchers.proxyImpureEnvVars = [ "http_proxy" "https_proxy" "no_proxy" ];
  };

  # A command, its output and its attributes. Structured attributes hand the output's path over in a file only.
  runCommand = name: attributes: command:
    let
      tools = (attributes.nativeBuildInputs or [ ]) ++ [ busybox ];
      prelude = ''
        export PATH=${lib.concatMapStringsSep ":" (tool: "${tool}/bin") tools}
        if [ -e .attrs.json ]; then out=$(jq -r .outputs.out .attrs.json); fi
      '';
      package = derivation (removeAttrs attributes [ "passthru" "meta" "nativeBuildInputs" ] // {
        inherit name system;
        builder = "/bin/bash";
        args = [ "-euc" (prelude + command + ending) ];
      });
    in
    package // {
      meta = attributes.meta or { };
      passthru = attributes.passthru or { };
      overrideAttrs = change:
        let old = attributes // { inherit name; buildCommand = command; };
            new = old // change old;
        in runCommand new.name (removeAttrs new [ "name" "buildCommand" ]) new.buildCommand;
    } // attributes.passthru or { };
  # A last command that bash becomes, such as cp, closes its output before it ends, and Nix then kills it.
  ending = "\n:";
  runCommandLocal = runCommand;
  writeText = name: text: derivation {
    inherit name text system;
    passAsFile = [ "text" ];
    builder = "/bin/bash";
    args = [ "-euc" ("${busybox}/bin/cp $textPath $out" + ending) ];
  };
  writeShellScriptBin = name: text: runCommand name
    { inherit text; passAsFile = [ "text" ]; meta.mainProgram = name; }
    ''
      mkdir -p $out/bin
      (echo '#!/bin/bash'; cat $textPath) > $out/bin/${name}
      chmod 555 $out/bin/${name}
    '';
  jq = onlyHere "jq";
  gnutar = onlyHere "tar";
  runtimeShell = "/bin/bash";
  sqlite = onlyHere "sqlite3";
  nix = fromHere "nix" [ "nix" "nix-store" ];
  # Nobody's: tests pull over plain HTTP.
  cacert = runCommand "cacert" { } ''
    mkdir -p $out/etc/ssl/certs
    /usr/bin/openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -subj /CN=nobody \
      -out $out/etc/ssl/certs/ca-bundle.crt
  '';

  # ---- what the examples use besides
  writeScript = name: text: runCommand name { inherit text; passAsFile = [ "text" ]; } "cp $textPath $out; chmod 555 $out";
  writeTextDir = path: text: runCommand (baseNameOf path) { inherit text; passAsFile = [ "text" ]; } ''
    mkdir -p $out/$(dirname ${path})
    cp $textPath $out/${path}
  '';
  buildEnv = { name, paths, pathsToLink ? [ "/" ] }: runCommand name { } ''
    mkdir $out
    for package in ${toString paths}; do
      for folder in ${toString pathsToLink}; do
        [ -d $package$folder ] || continue
        (cd $package$folder && find . -type d) | while read -r d; do mkdir -p $out$folder/$d; done
        (cd $package$folder && find . ! -type d) | while read -r f; do ln -sf $package$folder/$f $out$folder/$f; done
      done
    done
  '';
  bash = bashInteractive;
  bashInteractive = fromHere "bash" [ "bash" ];
  coreutils = runCommand "coreutils" { } ''
    mkdir -p $out/bin
    for tool in cat cp date echo env id ls mkdir sleep stat true; do
      ln -s ${busybox}/bin/busybox $out/bin/$tool
    done
  '';
  hello = writeProgram "hello" "echo 'Hello, world!'";
  nginx = fromHere "nginx" [ "nginx" ];
  # A Python that answers HTTP for one application file: what uwsgi's --wsgi-file does in the example.
  python3 = fromHere "python3" [ "python3" ];
  uwsgi = writeProgram "uwsgi" ''exec ${python3}/bin/python3 ${./wsgi.py} "$@"'';

  # ---- how the above come to be
  busybox = derivation {
    name = "busybox";
    inherit system;
    builder = "/bin/busybox";
    args = [
      "sh"
      "-euc"
      ''
        /bin/busybox mkdir -p $out/bin
        /bin/busybox cp /bin/busybox $out/bin/
        for tool in $(/bin/busybox --list); do
          [ $tool = busybox ] || /bin/busybox ln -s busybox $out/bin/$tool
        done
      ''
    ];
  };
  writeProgram = name: text: runCommand name { inherit text; passAsFile = [ "text" ]; } ''
    mkdir -p $out/bin
    (echo '#!${busybox}/bin/sh'; cat $textPath) > $out/bin/${name}
    chmod 555 $out/bin/${name}
  '';
  # Programs of this machine for use on it, and never in an image.
  onlyHere = program: runCommand program { } ''
    mkdir -p $out/bin
    ln -s /usr/bin/${program} $out/bin/
  '';
  # Programs of this machine that run in an image too: with their libraries, and python with its own.
  fromHere = name: programs: runCommand name { } ''
    PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
    mkdir -p $out/bin $out/lib
    for program in ${toString programs}; do
      file=$(readlink -f $(command -v $program))
      cp $file $out/lib/$program
      ldd $file | grep -o '/[^ ]*' | while read -r library; do cp -nL $library $out/lib/ || true; done
      (
        echo '#!${busybox}/bin/sh'
        [ $program != python3 ] || echo "export PYTHONHOME=$out PYTHONDONTWRITEBYTECODE=1"
        echo "exec $(ls $out/lib/ld-linux*) --argv0 $program --library-path $out/lib $out/lib/$program \"\$@\""
      ) > $out/bin/$program
      chmod 555 $out/bin/$program
    done
    if [ ${name} = python3 ]; then
      version=$(/usr/bin/python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
      mkdir -p $out/lib/$version
      tar -C /usr/lib/$version --exclude=__pycache__ -cf - . | tar -C $out/lib/$version -xf -
    fi
  '';
}
