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
, openssl
, re2
, zstd
}:

stdenv.mkDerivation {
  pname = "n2c";
  # The one place that says it is the build's.
  version = builtins.head (builtins.match ".*[^a-z_]version: '([0-9.]+)'.*" (builtins.readFile ../meson.build));

  # What the build reads, so that an edit of nix/ or of a page does not compile anything.
  src = builtins.path {
    name = "n2c-source";
    path = ../.;
    filter = path: _:
      let
        inner = lib.removePrefix (toString ../. + "/") (toString path);
        top = builtins.head (builtins.match "([^/]*).*" inner);
      in
      builtins.elem top [ "docs" "fixtures" "meson.build" "meson_options.txt" "registry" "scripts" "src" "subprojects" "test" ]
      && builtins.match "(docs/.*\\.md|test/nix/.*\\.(nix|inc|txt|py)|.*/__pycache__)" inner == null;
  };

  nativeBuildInputs = [ meson ninja pkg-config ];
  buildInputs = [ boost cli11 curl doctest fmt isa-l libarchive openssl re2 zstd ];
  mesonBuildType = "release";
  mesonFlags = [ "-Dprefer_static=${lib.boolToString stdenv.hostPlatform.isStatic}" ];

  # The other suites want a registry, an engine, or root.
  doCheck = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
  checkPhase = ''
    runHook preCheck
    meson test --no-rebuild --print-errorlogs unit
    runHook postCheck
  '';

  meta = {
    description = "Builds, pushes, loads and serves container images described by Nix store paths";
    license = lib.licenses.mit;
    mainProgram = "n2c";
    platforms = lib.platforms.linux;
  };
}
