# What nixpkgs' Ninja does to a build that takes it in.
ninjaPhase() { # ninjaPhase HOOK TARGETS
  runHook "pre$1"
  # shellcheck disable=SC2086
  TERM=dumb ninja -j"$NIX_BUILD_CORES" ${ninjaFlags:-} $2
  runHook "post$1"
}
ninjaBuildPhase() { ninjaPhase Build ''; }
ninjaCheckPhase() { ninjaPhase Check test; }
ninjaInstallPhase() { ninjaPhase Install install; }

[ -n "${buildPhase:-}" ] || buildPhase=ninjaBuildPhase
[ -n "${checkPhase:-}" ] || checkPhase=ninjaCheckPhase
[ -n "${installPhase:-}" ] || installPhase=ninjaInstallPhase
