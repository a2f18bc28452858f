# What a caller wrote, checked while it is still the caller's words: every refusal is a sentence that names the
# function, the argument, what came, and what belongs there.
{ lib }:

let
  inherit (builtins) attrNames concatStringsSep elem elemAt filter foldl' functionArgs genList head isAttrs isInt isList
    isString length match removeAttrs stringLength typeOf;
in
rec {
  # fail "buildImage" "sentence": ends the evaluation.
  fail = function: sentence: throw "nix2container.${function}: ${sentence}";
  warn = function: sentence: lib.warn "nix2container.${function}: ${sentence}";
  # Each sentence is a warning.
  warnAll = function: sentences: value: foldl' (result: sentence: warn function sentence result) value sentences;

  # How messages call a value.
  describe = value:
    if value ? outPath then "the derivation ${value.name or "(without a name)"}"
    else if isString value then "the string '${builtins.unsafeDiscardStringContext value}'"
    else if isInt value || builtins.isFloat value then "the number ${toString value}"
    else if value == null then "null"
    else {
      set = "an attribute set";
      list = "a list";
      lambda = "a function";
      bool = "a boolean";
      path = "the path ${toString value}";
    }.${typeOf value};

  # How many letters of one word have to be changed, put in or left out to get the other. Capitals are the same letters.
  distance = a: b:
    let
      letters = text: lib.stringToCharacters (lib.toLower text);
      of = letters b;
      last = list: elemAt list (length list - 1);
      least = x: y: if x < y then x else y;
      cell = row: letter: line: at: line ++ [
        (least (least (last line) (elemAt row (at + 1)) + 1) (elemAt row at + (if letter == elemAt of at then 0 else 1)))
      ];
      nextRow = row: letter: foldl' (cell row letter) [ (head row + 1) ] (genList (at: at) (length of));
    in
    last (foldl' nextRow (genList (at: at) (length of + 1)) (letters a));

  # The one of `names` that was meant by a word that is none of them; null when none is near.
  nearest = names: word:
    let
      near = filter (entry: entry.distance <= (stringLength entry.name + 1) / 3)
        (map (name: { inherit name; distance = distance name word; }) names);
      closer = best: entry: if best == null || entry.distance < best.distance then entry else best;
      found = foldl' closer null near;
    in
    if found == null then null else found.name;
  # "; did you mean 'x'?", or what there is.
  meantBy = names: word:
    let name = nearest names word;
    in if name != null then "; did you mean '${name}'?" else "; it takes ${concatStringsSep ", " names}";

  # strict "buildImage" buildImage { word = "sentence"; } given: `given`, when the function has all these arguments.
  # `elsewhere` says of words that other tools have, in lower case, what to write here.
  strict = function: lambda: elsewhere: given:
    let
      names = attrNames (functionArgs lambda);
      wrong = head (attrNames (removeAttrs given names));
      known = elsewhere.${lib.toLower wrong} or null;
    in
    if removeAttrs given names == { } then given
    else fail function ("it has no argument '${wrong}'" + (if known != null then "; ${known}" else meantBy names wrong));

  # checked "buildImage" [ (sentence or null) … ] value: `value`, unless a check has something to say. A check is
  # not looked at when one before it spoke, so it may rely on those.
  checked = function: sentences: value:
    let said = foldl' (first: sentence: if first != null then first else sentence) null sentences;
    in if said == null then value else fail function said;

  # The first thing that is said of any of the values, or null.
  firstOf = say: foldl' (first: value: if first != null then first else say value) null;

  # One check each: null when all is well.
  must = holds: sentence: if holds then null else sentence;
  mustBe = type: argument: value:
    must (typeOf value == type) "'${argument}' must be ${{
      bool = "true or false";
      int = "a whole number";
      list = "a list";
      set = "an attribute set";
      string = "a string";
    }.${type}}, and is ${describe value}${hint type value}";
  # What would have been of the type.
  hint = type: value:
    if type == "string" && isInt value then "; write \"${toString value}\""
    else if type == "int" && isString value && match "[0-9]+" value != null then "; write ${value}, without quotes"
    else "";
  mustBeOrNull = type: argument: value: if value == null then null else mustBe type argument value;
  # A set of strings, as annotations and labels are.
  mustBeStrings = argument: values:
    if !isAttrs values then mustBe "set" argument values
    else firstOf (key: mustBeText "${argument}.\"${key}\"" values.${key}) (attrNames values);
  # What becomes a string in JSON: a store path does too.
  isText = value: isString value || value ? outPath || builtins.isPath value;
  mustBeText = argument: value: if isText value then null else mustBe "string" argument value;
  mustHoldTexts = argument: firstOf
    (value: must (isText value) "'${argument}' holds ${describe value}; each of them is a string${hint "string" value}");
  mustBeOneOf = allowed: argument: value:
    must (value == null || elem value allowed)
      "'${argument}' is one of ${concatStringsSep ", " (map (a: "\"${a}\"") allowed)}, and not ${describe value}";

  mustBeLayerCount = value:
    let wrong = mustBe "int" "maxLayers" value;
    in if wrong != null then wrong else must (value >= 1) "'maxLayers' is ${describe value}; the least is 1, one layer for all";

  # A digest as registries write them. Upper case and a bare hash are the usual slips.
  mustBeDigest = argument: value:
    let
      shown = describe value;
      hex = "[0-9a-f]";
    in
    if !isString value then "'${argument}' must be a string such as \"sha256:…\", and is ${shown}"
    else if match "(sha256:${hex}{64}|sha512:${hex}{128})" value != null then null
    else if match "[^:]*" value != null then
      "'${argument}' is ${shown}, which does not say its algorithm; write \"sha256:\" and 64 hexadecimal digits"
    else "'${argument}' is ${shown}, which is not a digest: it takes \"sha256:\" and 64 hexadecimal digits in lower case";

  # The name of an image: a path in a registry, with or without the registry.
  mustBeName = value:
    let
      shown = "'name' is ${describe value}";
      has = pattern: match ".*(${pattern}).*" value != null;
    in
    if !isString value then mustBe "string" "name" value
    else if match "[[:space:]]*" value != null then "'name' is empty"
    else if has "://" then "${shown}; write it without '${head (match "(.*://).*" value)}': where the image goes is said when it is pushed or copied"
    else if has "@" then "${shown}; a digest is what an image gets, so leave out what begins with the '@'"
    else if has "[[:space:]]" then "${shown}; a name has no space in it"
    else if has "//" || match "/.*|.*/" value != null then "${shown}; between two '/', before the first and behind the last there must be something"
    else must (match ".*:[^/]*" value == null) "${shown}; the part after the colon belongs in 'tag'";

  mustBeTag = value:
    must (value == null || value == "" || isString value && match "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}" value != null)
      "'tag' is ${describe value}; a tag is up to 128 letters, digits, '_', '.' and '-', and begins with none of the last two";

  # Processors in Go's words, and what others call them.
  mustBeArch = value:
    let
      archs = [ "386" "amd64" "arm" "arm64" "loong64" "mips" "mips64" "mips64le" "mipsle" "ppc64" "ppc64le" "riscv64" "s390x" "sparc64" "wasm" ];
      amd64 = "amd64";
      arm64 = "arm64";
      arm = "arm";
      others = { inherit amd64 arm64 arm; x86_64 = amd64; x86-64 = amd64; x64 = amd64; aarch64 = arm64; arm64v8 = arm64; armv8 = arm64; "arm64/v8" = arm64; }
        // { armv5l = arm; armv6l = arm; armv7l = arm; armhf = arm; arm32v7 = arm; "arm/v6" = arm; "arm/v7" = arm; }
        // { i386 = "386"; i486 = "386"; i586 = "386"; i686 = "386"; x86 = "386"; powerpc64le = "ppc64le"; loongarch64 = "loong64"; };
      # "x86_64-linux" and "linux/amd64" are a processor and a system.
      word = elemAt (match "(linux/)?(x86-64|[^-]*)(-.*)?" (lib.toLower value)) 1;
      meant = others.${word} or (if elem word archs then word else nearest archs word);
    in
    if !isString value then mustBe "string" "arch" value
    else must (elem value archs) ("'arch' is ${describe value}, and images name processors as Go does"
      + (if meant != null then "; did you mean '${meant}'?" else ": ${concatStringsSep ", " archs}"));

  # Something that is or can become a store path.
  isStorePath = isText;
  mustBeStorePaths = argument: values:
    let wrong = filter (value: !isStorePath value) values;
    in if !isList values then "'${argument}' must be a list of derivations or store paths, and is ${describe values}"
    else must (wrong == [ ]) "'${argument}' holds ${describe (head wrong)}; it takes derivations and store paths";

  mustBeLayers = values:
    let
      wrong = filter (value: !(value ? nestedLayers)) values;
    in
    if !isList values then "'layers' must be a list of what buildLayer returns, and is ${describe values}"
    else must (wrong == [ ])
      ("'layers' holds ${describe (head wrong)}; it takes what buildLayer returns. "
        + "To put a package in a layer of its own write buildLayer { deps = [ … ]; }");

  # The layers below the given ones, and those: each store path once, where it came first.
  #
  # People fold a list of layers so that each has all before it as its `layers`. What is below the last is then what is
  # below all of them: looking at each would take the third power of their number.
  withNested = layers:
    let
      key = layer: builtins.unsafeDiscardStringContext "${layer}";
      count = length layers;
      before = map key (genList (elemAt layers) (count - 1));
      top = elemAt layers (count - 1);
      isFolded = count > 1 && map key (top.layersBelow or [ ]) == before;
      below = if isFolded then top.nestedLayers else builtins.concatMap (layer: layer.nestedLayers) layers;
    in
    map (entry: entry.layer) (builtins.genericClosure {
      startSet = map (layer: { key = key layer; inherit layer; }) (below ++ layers);
      operator = _: [ ];
    });

  # What an image may be built on.
  mustBeBase = value:
    let
      path = builtins.unsafeDiscardStringContext (if value ? outPath then value.name or "${value}" else toString value);
      isArchive = match ".*[.](tar|tgz|tar[.][a-z0-9]+)" path != null;
      way = "pull it with pullImage, which takes its name and digest";
    in
    if value == null || value == "" then null
    else if !isStorePath value then
      "'fromImage' must be what pullImage, pullImageFromManifest or buildImage returns, and is ${describe value}"
    else if isArchive then
      ("'fromImage' is ${describe value}, an archive (as dockerTools makes them), and takes what pullImage returns; ${way}, or turn the "
        + "archive into a folder with n2c copy docker-archive:FILE dir:FOLDER and describe that with n2c image-from-dir")
    else must (value ? outPath || match "/.*" path != null)
      "'fromImage' is ${describe value}, and takes what pullImage, pullImageFromManifest or buildImage returns; ${way}";

  mustNotBoth = contents: copyToRoot:
    must (contents == null || copyToRoot == null)
      "'contents' is the old name of 'copyToRoot'; give one of them, not both";

  toList = value: if value == null then [ ] else if isList value then value else [ value ];

  # The deprecated argument still works, and says what to write instead.
  fromContents = function: contents: copyToRoot: toList (
    if contents == null then copyToRoot
    else warn function "'contents' is deprecated; write 'copyToRoot' for what belongs at the image's root" contents
  );

  # A layer's entry in the history.
  mustBeMetadata = value:
    let
      names = [ "author" "comment" "created" "created_by" "empty_layer" ];
      unknown = filter (key: !elem (lib.toLower key) names) (attrNames value);
      typed = key: mustBeOrNull (if lib.toLower key == "empty_layer" then "bool" else "string") "metadata.${key}" value.${key};
    in
    if !isAttrs value then mustBe "set" "metadata" value
    else if unknown != [ ] then "'metadata' has no '${head unknown}'${meantBy names (head unknown)}"
    else firstOf typed (attrNames value);
}
