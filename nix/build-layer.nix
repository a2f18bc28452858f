# buildLayer: store paths and their closure as one or more layers, described in $out/layers.json.
{ pkgs, lib, n2c, arguments, permRules, closureGraph }:

let
  inherit (arguments) checked describe fromContents must mustBe mustBeLayerCount mustBeLayers mustBeMetadata mustBeOneOf
    mustBeStorePaths mustNotBoth strict toList withNested;

  special = lib.stringToCharacters "\\.+*?()|[]{}^$";
  quoted = builtins.replaceStrings special (map (character: "\\${character}") special);

  # Where a store path's files go is one replacement in their paths; a file that would go nowhere is left out.
  #
  # To the root: the historic expression takes the store path as it is. "." matches itself too, but with "+" or "?" in
  # its name a path does not match itself, and its files stay under /nix/store (docs/format.md D4.4).
  moved = exact: path:
    let isSpecial = builtins.match ".*[+?].*" (baseNameOf path) != null;
    in
    if isSpecial && !exact then
      lib.warn
        ("nix2container.buildLayer: ${builtins.unsafeDiscardStringContext path} has a \"+\" or \"?\" in its name, so it stays where it is instead of "
          + "moving to the image's root; set exactRelocation = true (this changes the layer's digest)")
        "^${path}"
    else "^${if isSpecial then quoted path else path}";

  # Without some of its folders and files: those match whole.
  some = folders: "/(${lib.concatMapStringsSep "|" quoted folders})(/(?s:.*))?$";

  rewritesOf = { roots, excludes, exact }:
    let
      excluded = path: builtins.concatMap (e: e.excludes) (builtins.filter (e: "${e.path}" == path) excludes);
      isRoot = path: builtins.any (root: "${root}" == path) roots;
      toRoot = path: { inherit path; regex = if excluded path == [ ] then moved exact path else "^${quoted path}(${some (excluded path)})?"; repl = ""; };
      inPlace = path: { inherit path; regex = "^${quoted path}${some (excluded path)}"; repl = ""; };
    in
    map (root: toRoot "${root}") roots
    ++ map inPlace (builtins.filter (path: !isRoot path) (map (e: "${e.path}") excludes));

  elsewhere = {
    name = "a layer has none: it is known by its digest";
  } // builtins.listToAttrs (map (name: { inherit name; value = "it belongs in buildImage, of which this layer is one of the 'layers'"; })
    [ "tag" "config" "fromimage" "arch" "initializenixdatabase" "labels" "annotations" ]);

  buildLayer =
    {
      # Store paths to put in the layer, each with its closure.
      deps ? [ ]
      # A derivation, or a list of them, whose files go to the image's root instead of /nix/store.
    , copyToRoot ? null
      # A store path to leave out, or a list of them (what they refer to stays).
    , ignore ? null
      # Layers made by buildLayer: what they hold is not put in this one again.
    , layers ? [ ]
      # false keeps the layer's tar beside its digest, for store paths whose bytes differ from build to build.
    , reproducible ? true
      # Owners and modes for the tar, which the store cannot hold: { path; regex; mode; orMode; uid; gid; uname; gname;
      # capabilities; }. orMode adds bits to the mode; capabilities are for regular files, and written as setcap takes
      # them: "cap_net_bind_service=ep".
    , perms ? [ ]
      # The same in a JSON file that a derivation makes; it follows `perms`.
    , permsFile ? null
      # A plain tar, or a list of them, whose entries go to the root, above the layer's other files, with the owners, modes
      # and attributes that they have there.
    , fromTar ? null
      # true refuses a mode that has more than octal digits; otherwise "0o755" is read as 0, as in nix2container.
    , strictPerms ? false
      # true refuses two roots that have the same file with different content; otherwise the build warns.
    , strictRoots ? false
      # How many layers to make at most.
    , maxLayers ? 1
      # In place of maxLayers and layerStrategy: a JSON file, a list of lists of store paths, those of each layer from the
      # lowest. Paths in none of them are one more layer.
    , layersFile ? null
      # The layer's entry in the image's history: created_by, author, comment, created.
    , metadata ? { created_by = "nix2container"; }
      # Deprecated: copyToRoot.
    , contents ? null
      # null: compressed when pushed. "gzip" or "zstd": compressed now and kept in the store.
    , compressor ? null
      # null or "popularity": the historic grouping. "size": grouped so that a change sends few bytes.
    , layerStrategy ? null
      # Parts of store paths to leave out: [ { path = a store path; excludes = [ "share/doc" … ]; } ].
    , excludes ? [ ]
      # true moves store paths with "+" or "?" in their name to the root as well.
    , exactRelocation ? false
      # Further attributes of the layer.
    , passthru ? { }
    , ...
    }@given:
    let
      tars = toList fromTar;
      roots = fromContents "buildLayer" contents copyToRoot;
      json = name: value: pkgs.writeText name (builtins.toJSON value);
      rewrites = rewritesOf { inherit roots excludes; exact = exactRelocation; };
      graph = closureGraph { paths = deps ++ roots ++ tars; without = builtins.filter (path: path != "") (toList ignore) ++ tars; };
      knownPerms = permRules.known "buildLayer" perms;
      permsFiles = toList permsFile;
      ownPerms = json "perms.json" knownPerms;
      allPerms =
        if permsFiles == [ ] then ownPerms
        else pkgs.runCommand "perms.json" { nativeBuildInputs = [ pkgs.jq ]; } ''
          jq -s add ${ownPerms} ${toString permsFiles} > $out
        '';

      command = builtins.concatStringsSep " " ([
        "${n2c}/bin/n2c"
        (if reproducible then "layers-from-reproducible-storepaths" else "layers-from-non-reproducible-storepaths")
        "$out/layers.json"
        "${graph}"
        (if layersFile == null then "--max-layers ${toString maxLayers}" else "--layers-json ${layersFile}")
        "--rewrites ${json "rewrites.json" rewrites}"
      ]
      ++ lib.optional (knownPerms != [ ] || permsFiles != [ ]) "--perms ${allPerms}"
      ++ map (tar: "--tars ${tar}") tars
      ++ lib.optional strictPerms "--strict-perms"
      ++ lib.optional strictRoots "--strict-roots"
      ++ lib.optional (metadata != { }) "--history ${json "history.json" metadata}"
      ++ lib.optional (layerStrategy != null) "--layer-strategy ${layerStrategy}"
      ++ lib.optional (compressor != null) "--compressor ${compressor}"
      ++ lib.optional (!reproducible) "--tar-directory $out"
      ++ map (layer: "${layer}/layers.json") layers);

      # A layer that is only described is made in no time, on this machine. One whose bytes are kept is worth fetching
      # from a cache: for one that is not reproducible that is the point.
      build = if reproducible && compressor == null then pkgs.runCommandLocal else pkgs.runCommand;
    in
    builtins.seq (strict "buildLayer" buildLayer elsewhere given) checked "buildLayer" [
      (mustNotBoth contents copyToRoot)
      (mustBeStorePaths "deps" deps)
      (mustBeStorePaths "copyToRoot" roots)
      (mustBeLayers layers)
      (permRules.mustBePerms perms)
      (mustBeLayerCount maxLayers)
      (mustBeStorePaths "permsFile" (toList permsFile))
      (mustBeStorePaths "fromTar" (toList fromTar))
      (must (!builtins.isList layersFile) "'layersFile' must be one JSON file, and is a list; write pkgs.writeText \"layers.json\" (builtins.toJSON [ [ … ] ])")
      (mustBeStorePaths "layersFile" (toList layersFile))
      (must (layersFile == null || maxLayers == 1 && layerStrategy == null)
        "'layersFile' says which layers there are; leave 'maxLayers' and 'layerStrategy' out")
      (mustBeStorePaths "ignore" (toList ignore))
      (mustBe "bool" "reproducible" reproducible)
      (mustBe "bool" "strictPerms" strictPerms)
      (mustBe "bool" "strictRoots" strictRoots)
      (mustBeMetadata metadata)
      (must (compressor == null || builtins.isString compressor && builtins.match "gzip(:[0-2])?|zstd(:1?[0-9])?" compressor != null)
        "'compressor' is \"gzip\" or \"zstd\", with a level behind a colon or without (\"zstd:9\"), and not ${describe compressor}")
      (mustBeOneOf [ "popularity" "size" ] "layerStrategy" layerStrategy)
      (must (builtins.isList excludes && builtins.all (e: e ? path && builtins.isList (e.excludes or null)) excludes)
        "'excludes' is a list of { path = a store path; excludes = [ \"share/doc\" … ]; }, and is ${describe excludes}")
      (must (builtins.all (e: e.excludes != [ ] && builtins.all (f: builtins.isString f && builtins.match "[^/]+(/[^/]+)*" f != null) e.excludes) excludes)
        "'excludes' names folders and files inside the store path, such as \"share/doc\", without a slash before or behind")
    ]
      (build "layers.json"
        {
          passthru = passthru // { layersBelow = layers; nestedLayers = withNested layers; packages = deps ++ roots; };
        } ''
        mkdir $out
        ${command}
      '');
in
buildLayer
