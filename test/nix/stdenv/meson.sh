# What nixpkgs' Meson does to a build that takes it in.
mesonConfigurePhase() {
  runHook preConfigure
  # shellcheck disable=SC2086
  meson setup build --prefix="$prefix" --bindir="${!outputBin}/bin" --sbindir="${!outputBin}/sbin" --libdir="${!outputLib}/lib" \
    --libexecdir="${!outputLib}/libexec" --includedir="${!outputInclude}/include" --mandir="${!outputMan}/share/man" \
    --infodir="${!outputBin}/share/info" --localedir="${!outputLib}/share/locale" -Dauto_features=enabled \
    -Dwrap_mode=nodownload --buildtype="${mesonBuildType:-plain}" ${mesonFlags:-}
  cd build
  [ "${checkPhase:-ninjaCheckPhase}" != ninjaCheckPhase ] || checkPhase=mesonCheckPhase
  [ "${installPhase:-ninjaInstallPhase}" != ninjaInstallPhase ] || installPhase=mesonInstallPhase
  runHook postConfigure
}

mesonCheckPhase() {
  runHook preCheck
  # shellcheck disable=SC2086
  TERM=dumb ninja -j"$NIX_BUILD_CORES" ${ninjaFlags:-} meson-test-prereq
  # shellcheck disable=SC2086
  meson test --no-rebuild --print-errorlogs --timeout-multiplier=0 ${mesonCheckFlags:-}
  runHook postCheck
}

mesonInstallPhase() {
  runHook preInstall
  # shellcheck disable=SC2086
  meson install --no-rebuild ${mesonInstallFlags:-}
  runHook postInstall
}

[ -n "${configurePhase:-}" ] || configurePhase=mesonConfigurePhase
