# Statements about an image: its bill of materials and its provenance, from the closure graph and from what packages and the
# flake say of themselves.
{ pkgs, lib, n2c, closureGraph, runnables }:

let
  plain = builtins.unsafeDiscardStringContext;
  toList = value: if builtins.isList value then value else [ value ];
  isPackage = value: builtins.isAttrs value && (value.type or "") == "derivation";
  # What cannot be evaluated (a package marked as broken, say) says nothing.
  orNothing = nothing: value:
    let tried = builtins.tryEval (builtins.deepSeq value value);
    in if tried.success then tried.value else nothing;
  text = value: orNothing "" (if builtins.isString value then plain value else "");
  pathOf = package: orNothing "" (plain package.outPath);

  # Those that a package is made of or brings along.
  below = package: builtins.filter isPackage (builtins.concatMap (name: orNothingShallow (package.${name} or [ ]))
    [ "paths" "buildInputs" "propagatedBuildInputs" ]);
  orNothingShallow = value:
    let tried = builtins.tryEval (if builtins.isList value then value else [ ]);
    in if tried.success then tried.value else [ ];

  # Every package that can be seen from these, each once.
  seenFrom = packages: map (one: one.package) (builtins.genericClosure {
    startSet = keyed packages;
    operator = one: keyed (below one.package);
  });
  keyed = packages: builtins.filter (one: one.key != "") (map (package: { key = pathOf package; inherit package; })
    (builtins.filter isPackage packages));

  licenseOf = license:
    if builtins.isAttrs license then { spdxId = text (license.spdxId or ""); fullName = text (license.fullName or license.shortName or ""); }
    else { spdxId = ""; fullName = text license; };
  patchOf = patch: orNothing "" (plain (baseNameOf (if isPackage patch then patch.name or "" else toString patch)));

  # One entry for each output.
  infosOf = package:
    let
      meta = package.meta or { };
      said = {
        pname = text (package.pname or "");
        version = text (package.version or "");
        description = text (meta.description or "");
        homepage = text (let pages = toList (meta.homepage or ""); in if pages == [ ] then "" else builtins.head pages);
        cpe = text (meta.identifiers.cpe or meta.cpe or "");
        licenses = orNothing [ ] (map licenseOf (toList (meta.license or [ ])));
        patches = builtins.filter (name: name != "") (map patchOf (orNothingShallow (package.patches or [ ])));
        deriver = orNothing "" (plain package.drvPath);
        fixedVulnerabilities = orNothing [ ] (map plain (meta.fixedVulnerabilities or [ ]));
      };
    in
    builtins.filter (one: one.path != "") (map
      (output: said // { inherit output; path = pathOf (package.${output} or package); })
      (package.outputs or [ "out" ]));

  # As `nix flake metadata --json` has it. Only people know the URL; the lock file knows those of the inputs.
  metadataOf = flake:
    let lock = flake.outPath or "/nowhere" + "/flake.lock";
    in {
      url = text (flake.url or "");
      revision = text (flake.rev or "");
      locked.narHash = text (flake.narHash or "");
      locks = orNothing { } (if builtins.pathExists lock then builtins.fromJSON (plain (builtins.readFile lock)) else { });
    };
in
# flake: null, or what is known of the flake that the image is of.
image: packages: flake:
let
  # Its paths are texts: what is written of a package does not bring it into the store.
  packageInfo = pkgs.writeText "package-info.json" (builtins.toJSON {
    version = 1;
    packages = builtins.concatMap infosOf (seenFrom packages);
  });
  graph = closureGraph { paths = [ image ]; without = [ image ]; };
  bill = "${image} --name ${lib.escapeShellArg image.imageName} --closure-graph ${graph} --package-info ${packageInfo}";
  written = format: suffix: pkgs.runCommandLocal "${baseNameOf image.imageName}.${suffix}.json" { } ''
    ${n2c}/bin/n2c sbom ${bill} --format ${format} --output $out
  '';

  metadata = pkgs.writeText "flake-metadata.json" (builtins.toJSON (metadataOf flake));
  origin = "${bill} --derivation ${plain image.drvPath}" + lib.optionalString (flake != null) " --flake-metadata ${metadata}";
  stated = suffix: flags: pkgs.runCommandLocal "${baseNameOf image.imageName}.${suffix}.json" { } ''
    ${n2c}/bin/n2c provenance ${origin} ${flags}--output $out
  '';
in
{
  # sbom [FLAGS]: the bill of materials on standard output. sbom.cyclonedx and sbom.spdx are files that hold it.
  sbom = runnables.script "sbom" ''
    exec ${n2c}/bin/n2c sbom ${bill} "$@"
  '' // {
    cyclonedx = written "cyclonedx" "cdx";
    spdx = written "spdx" "spdx";
    # sbom.push [REFERENCE] [FLAGS]: as push, and attaches the bill of materials before the tags; --sbom=spdx as SPDX.
    push = runnables.script "push" (runnables.pushOf image
      "--sbom --closure-graph ${graph} --package-info ${packageInfo} ");
    inherit packageInfo;
  };
  # provenance [FLAGS]: where the image comes from, on standard output. provenance.statement is a file that holds it,
  # provenance.predicate one for those who sign it (cosign attest, gh attestation).
  provenance = runnables.script "provenance" ''
    exec ${n2c}/bin/n2c provenance ${origin} "$@"
  '' // {
    statement = stated "intoto" "";
    predicate = stated "provenance" "--predicate ";
  };
}
