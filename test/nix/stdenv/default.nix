# nixpkgs' stdenv in small, to build nix/package.nix with: its outputs, phases and hooks (setup.sh, meson.sh, ninja.sh),
# with the machine's compiler and libraries. A build sees those it takes in and no others, as with nixpkgs.
{ system, lib }:

rec {
  mkDerivation = given:
    let
      final = (if builtins.isFunction given then given (final // { finalPackage = package; }) else given);
      doCheck = final.doCheck or false;
      package = derivation (removeAttrs final [ "meta" "passthru" "env" "checkInputs" "nativeCheckInputs" ] // final.env or { } // {
        name = final.name or "${final.pname}-${final.version}";
        inherit system stdenv doCheck;
        builder = "/bin/bash";
        args = [ "-euo" "pipefail" ./builder.sh ];
        nativeBuildInputs = map lib.getDev ([ cc ] ++ final.nativeBuildInputs or [ ] ++ lib.optionals doCheck (final.nativeCheckInputs or [ ]));
        buildInputs = map lib.getDev (final.buildInputs or [ ] ++ lib.optionals doCheck (final.checkInputs or [ ]));
        propagatedBuildInputs = map lib.getDev (final.propagatedBuildInputs or [ ]);
      });
    in
    package // {
      meta = final.meta or { };
      overrideAttrs = change: mkDerivation (self:
        let before = if builtins.isFunction given then given self else given;
        in before // change before);
    } // final.passthru or { };
  # Only entered, never built.
  mkShell = { packages ? [ ], inputsFrom ? [ ], ... }@given: mkDerivation (removeAttrs given [ "packages" "inputsFrom" ] // {
    name = "nix-shell";
    nativeBuildInputs = packages ++ builtins.concatMap (package: package.nativeBuildInputs or [ ]) inputsFrom;
    buildInputs = builtins.concatMap (package: package.buildInputs ++ package.propagatedBuildInputs) inputsFrom;
  });

  hostPlatform = {
    inherit system;
    isStatic = false;
    isMusl = false;
    isLinux = lib.hasSuffix "-linux" system;
    isDarwin = lib.hasSuffix "-darwin" system;
  };
  buildPlatform = hostPlatform // { canExecute = _: true; };

  stdenv = run "stdenv" [ "out" ] ''
    mkdir -p $out/bin
    cp ${./setup.sh} $out/setup
    for tool in awk bash basename cat chmod cmp cp cut date diff dirname env expr find grep gzip head id install ln ls mkdir \
                mktemp mv nproc od patch printf pwd readlink realpath rm rmdir sed seq sh sleep sort stat tail tar tee touch \
                tr true uname uniq wc xargs; do
      ln -s $(type -P $tool) $out/bin/
    done
  '';

  # The C library alone, where the compiler finds everything else as well.
  libc = run "libc" [ "out" ] ''
    mkdir -p $out/usr/lib $out/usr/include
    ln -s usr/lib $out/lib
    ln -s lib/$(gcc -print-multiarch) $out/lib64
    dpkg -L libc6-dev linux-libc-dev libc6 libgcc-s1 libstdc++6 | grep -E '^(/usr)?/(lib|include)/' | grep -v /gconv/ |
      while read -r file; do [ -d "$file" ] || echo "$file"; done |
      tar -P --transform 's,^/lib/,/usr/lib/,S' --transform "s,^/,$out/,S" -cf - -T - | tar -P -xf -
  '';

  cc = run "gcc" [ "out" ] ''
    mkdir -p $out/bin $out/libexec
    script() { (echo '#!/bin/bash'; cat) > $out/$1; chmod 555 $out/$1; }
    for compiler in gcc g++; do
      script bin/$compiler <<TEXT
    compiler=(/usr/bin/$compiler --sysroot=${libc} -B$out/libexec "\$@")
    # Meson looks there itself, and not by the linker.
    case "\$*" in *-print-search-dirs*) "\''${compiler[@]}" | sed 's,:/usr/lib/gcc/[^:]*/[.][.][^:]*,,g' && exit ;; esac
    # Where the test that builds has put a ccache, it gives the same objects sooner; Nix's versions build in different folders.
    [ ! -e /nix/ccache ] || compiler=(env CCACHE_DIR=/nix/ccache CCACHE_BASEDIR="\$NIX_BUILD_TOP" CCACHE_NOHASHDIR=1 \
      CCACHE_SLOPPINESS=pch_defines,time_macros /usr/bin/ccache "\''${compiler[@]}" -ffile-prefix-map="\$NIX_BUILD_TOP=/build")
    exec "\''${compiler[@]}" \$NIX_CFLAGS_COMPILE
    TEXT
    done
    script libexec/ld < ${./ld.sh}
    ln -s /usr/bin/as $out/libexec/
    for tool in ar nm objcopy objdump ranlib readelf strip; do ln -s /usr/bin/$tool $out/bin/; done
    ln -s g++ $out/bin/c++
    ln -s gcc $out/bin/cc
    mkdir $out/nix-support
    echo 'export CC=gcc CXX=g++ AR=ar RANLIB=ranlib STRIP=strip' > $out/nix-support/setup-hook
  '';

  meson = program "meson" ./meson.sh;
  ninja = program "ninja" ./ninja.sh;
  pkg-config = run "pkg-config" [ "out" ] ''
    mkdir -p $out/bin
    (echo '#!/bin/bash'; echo 'PKG_CONFIG_LIBDIR=/none exec /usr/bin/pkg-config "$@"') > $out/bin/pkg-config
    chmod 555 $out/bin/pkg-config
  '';
  program = name: hook: run name [ "out" ] ''
    mkdir -p $out/bin $out/nix-support
    ln -s /usr/bin/${name} $out/bin/
    cp ${hook} $out/nix-support/setup-hook
  '';

  # Debian's packages that own the files named: headers and pkg-config files in dev, shared objects in out.
  library = name: files: run name [ "out" "dev" ] ''
    files="${toString files}" source ${./library.sh}
  '' // { meta = { platforms = lib.platforms.linux ++ lib.platforms.darwin; }; };

  run = name: outputs: command: derivation {
    inherit name system outputs;
    builder = "/bin/bash";
    # Ended by the shell itself: see pkgs.nix.
    args = [ "-euo" "pipefail" "-c" ("export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n" + command + "\n:") ];
  };
}
