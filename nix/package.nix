# n2c from its sources, with nixpkgs' libraries. pkgsStatic.callPackage makes it one file that runs anywhere.
{ lib
, stdenv
, meson
, ninja
, pkg-config
, boost
, cli11
, curl
, doctest
, fmt
, isa-l
, libarchive
, libxcrypt
, openssl
, re2
, zlib
, zstd
}:

let
  # Its assembly is not for every assembler.
  hasIsal = lib.meta.availableOn stdenv.hostPlatform isa-l && !(isa-l.meta.broken or false);
in
stdenv.mkDerivation (final: {
  pname = "n2c";
  # The one place that says it is the build's.
  version = builtins.head (builtins.match ".*[^a-z_]version: '([0-9.]+)'.*" (builtins.readFile ../meson.build));

  # What the build reads, so that an edit of nix/, of a page or of another test does not compile anything.
  src = builtins.path {
    name = "n2c-source";
    path = ../.;
    filter = path: type:
      let
        inner = lib.removePrefix (toString ../. + "/") (toString path);
        within = folders: builtins.any (folder: inner == folder || lib.hasPrefix (folder + "/") inner) folders;
        # The folders on the way to what is within them.
        above = folders: type == "directory" && builtins.any (folder: lib.hasPrefix (inner + "/") folder) folders;
        read = [ "meson.build" "meson_options.txt" "docs/meson.build" "docs/manual" "src" "registry" ]
          ++ [ "fixtures/auth" "fixtures/go" "fixtures/golden" ]
          ++ map (name: "test/" + name) [ "golden" "main.cc" "meson.build" "pch" "support" "unit" ];
      in
      (within read || above read) && builtins.match ".*(\\.md|/__pycache__)" inner == null;
  };

  outputs = [ "out" "dev" ];

  nativeBuildInputs = [ meson ninja pkg-config ];
  buildInputs = [ cli11 ];
  # Those that n2c.pc names, for who uses the library.
  propagatedBuildInputs = [ boost curl fmt libarchive openssl re2 zstd ]
    ++ [ (if hasIsal then isa-l else zlib) ]
    # In glibc once; musl has it in libc.
    ++ lib.optional (!stdenv.hostPlatform.isMusl) libxcrypt;
  checkInputs = [ doctest ];

  env = {
    # Meson does not look for headers and libraries in two places by itself.
    BOOST_INCLUDEDIR = "${lib.getDev boost}/include";
    BOOST_LIBRARYDIR = "${lib.getLib boost}/lib";
    # A header's name in what a failed assertion says would keep the header on the machine.
    NIX_CFLAGS_COMPILE = toString (map
      (library: "-fmacro-prefix-map=${lib.getDev library}/=")
      (final.buildInputs ++ final.propagatedBuildInputs));
  };

  mesonBuildType = "release";
  mesonFlags = [
    # The library is an archive, which nothing needs once it is linked.
    "--libdir=${placeholder "dev"}/lib"
    "-Dprefer_static=${lib.boolToString stdenv.hostPlatform.isStatic}"
    "-Dgzip=${if hasIsal then "isal" else "zlib"}"
    # The other tests want a registry, an engine, or root.
    "-Dtests=${if final.doCheck then "own" else "none"}"
  ];
  ninjaFlags = [ "installed" ];

  doCheck = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
  checkPhase = ''
    runHook preCheck
    TERM=dumb ninja -j"$NIX_BUILD_CORES" meson-test-prereq
    meson test --no-rebuild --print-errorlogs --timeout-multiplier 0
    runHook postCheck
  '';

  meta = {
    description = "Builds, pushes, loads and serves container images described by Nix store paths";
    license = lib.licenses.mit;
    mainProgram = "n2c";
    platforms = lib.platforms.linux ++ lib.platforms.darwin;
  };
})
