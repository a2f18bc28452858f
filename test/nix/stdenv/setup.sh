# What a build sources first: the inputs, then the phases of nixpkgs' stdenv. A phase is the variable of its name, or the
# function; `runHook NAME` calls the function, or evaluates the variable, where there is one.
export PATH=$stdenv/bin SHELL=/bin/bash TZ=UTC HOME=/homeless-shelter
export NIX_CFLAGS_COMPILE=${NIX_CFLAGS_COMPILE:-} NIX_LDFLAGS=${NIX_LDFLAGS:-} PKG_CONFIG_PATH=${PKG_CONFIG_PATH:-}
export NIX_BUILD_CORES=${NIX_BUILD_CORES:-1}
[ "$NIX_BUILD_CORES" != 0 ] || NIX_BUILD_CORES=$(nproc)
: "${outputs:=out}"
prefix=$out

first() { # first NAME...: the first that is an output of this build
  local name
  for name; do case " $outputs " in *" $name "*) echo "$name" && return ;; esac; done
}
: "${outputDev:=$(first dev out)}" "${outputBin:=$(first bin out)}" "${outputLib:=$(first lib out)}"
: "${outputInclude:=$outputDev}" "${outputDoc:=$(first doc out)}"
: "${outputMan:=$(first man "$outputBin")}"
NIX_LDFLAGS+=" -rpath ${!outputLib}/lib"

runHook() {
  if declare -F "$1" >/dev/null; then "$1"; else eval "${!1:-}"; fi
}

taken=
take() { # take PACKAGE: its programs, headers, libraries and setup hook, and what it propagates
  local folder package
  case " $taken " in *" $1 "*) return ;; esac
  taken+=" $1"
  [ ! -d "$1/bin" ] || PATH=$1/bin:$PATH
  [ ! -d "$1/include" ] || NIX_CFLAGS_COMPILE+=" -isystem $1/include"
  [ ! -d "$1/lib" ] || NIX_LDFLAGS+=" -L$1/lib"
  for folder in lib share; do
    [ ! -d "$1/$folder/pkgconfig" ] || PKG_CONFIG_PATH+=:$1/$folder/pkgconfig
  done
  # shellcheck disable=SC1091
  [ ! -f "$1/nix-support/setup-hook" ] || source "$1/nix-support/setup-hook"
  [ -f "$1/nix-support/propagated-build-inputs" ] || return 0
  for package in $(<"$1/nix-support/propagated-build-inputs"); do take "$package"; done
}
for package in ${nativeBuildInputs:-} ${buildInputs:-} ${propagatedBuildInputs:-}; do take "$package"; done

unpackPhase() {
  runHook preUnpack
  sourceRoot=${src##*/}
  sourceRoot=${sourceRoot#*-}
  cp -r "$src" "$sourceRoot"
  chmod -R u+w "$sourceRoot"
  runHook postUnpack
}
patchPhase() {
  local patch
  runHook prePatch
  for patch in ${patches:-}; do patch -p1 <"$patch"; done
  runHook postPatch
}
configurePhase() { runHook preConfigure && runHook postConfigure; }
buildPhase() { runHook preBuild && runHook postBuild; }
checkPhase() { runHook preCheck && runHook postCheck; }
installPhase() { runHook preInstall && runHook postInstall; }
installCheckPhase() { runHook preInstallCheck && runHook postInstallCheck; }

moveToOutput() { # moveToOutput PATTERN FOLDER: from every other output
  local output path
  for output in $outputs; do
    [ "${!output}" != "$2" ] || continue
    for path in "${!output}"/$1; do
      [ -e "$path" ] || [ -L "$path" ] || continue
      mkdir -p "$(dirname "$2${path#"${!output}"}")"
      mv "$path" "$2${path#"${!output}"}"
      rmdir -p --ignore-fail-on-non-empty "$(dirname "$path")"
    done
  done
}
fixupPhase() {
  local output
  for output in $outputs; do [ ! -e "${!output}" ] || chmod -R u+w "${!output}"; done
  runHook preFixup
  moveToOutput share/man "${!outputMan}"
  moveToOutput share/doc "${!outputDoc}"
  moveToOutput include "${!outputInclude}"
  moveToOutput 'lib/pkgconfig' "${!outputDev}"
  for output in $outputs; do fixup_output "${!output}"; done
  if [ -n "${propagatedBuildInputs:-}" ] || [ "$outputs" != out ]; then
    mkdir -p "${!outputDev}/nix-support"
    echo "${propagatedBuildInputs:-}" >"${!outputDev}/nix-support/propagated-build-inputs"
    for output in $outputs; do
      [ "$output" = "$outputDev" ] || echo "${!output}" >>"${!outputDev}/nix-support/propagated-build-inputs"
    done
  fi
  runHook postFixup
  for output in $outputs; do
    [ -z "$(find "${!output}" -xtype l)" ] || { echo "links to nothing: $(find "${!output}" -xtype l)"; return 1; }
  done
}
fixup_output() {
  local folder
  for folder in lib libexec bin sbin; do
    [ -n "${dontStrip:-}" ] || [ ! -d "$1/$folder" ] || find "$1/$folder" -type f -exec strip -S -p {} \; 2>/dev/null
  done
  find "$1/lib" -name '*.a' -exec ranlib {} \; 2>/dev/null || true
  [ ! -d "$1/share/man" ] || find "$1/share/man" -type f ! -name '*.gz' -exec gzip -n {} \;
}

genericBuild() {
  local phase began
  for phase in unpackPhase patchPhase configurePhase buildPhase checkPhase installPhase fixupPhase installCheckPhase; do
    [ "$phase" != checkPhase ] || [ -n "${doCheck:-}" ] || continue
    [ "$phase" != installCheckPhase ] || [ -n "${doInstallCheck:-}" ] || continue
    echo "Running phase: $phase"
    began=$SECONDS
    eval "${!phase:-$phase}"
    echo "$phase completed in $((SECONDS - began)) seconds"
    [ "$phase" != unpackPhase ] || cd "$sourceRoot"
  done
}
