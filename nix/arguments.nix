# What a caller wrote, checked while it is still the caller's words: every refusal is a sentence that names the
# function, the argument, what came, and what belongs there.
{ lib }:

rec {
  # fail "buildImage" "sentence": ends the evaluation.
  fail = function: sentence: throw "nix2container.${function}: ${sentence}";

  # How messages call a value.
  describe = value:
    if value ? outPath then "the derivation ${value.name or "(without a name)"}"
    else if builtins.isString value then "the string '${value}'"
    else if builtins.isInt value || builtins.isFloat value then "the number ${toString value}"
    else if value == null then "null"
    else {
      set = "an attribute set";
      list = "a list";
      lambda = "a function";
      bool = "a boolean";
      path = "the path ${toString value}";
    }.${builtins.typeOf value};

  # strict "buildImage" body: `body` (a function of an attribute set) that says which argument it does not know and
  # which one is missing. Callers can still ask for its arguments (builtins.functionArgs, callPackage).
  strict = function: body:
    let
      known = builtins.functionArgs body;
      names = builtins.attrNames known;
    in
    {
      __functionArgs = known;
      __functor = _: args:
        let
          unknown = builtins.attrNames (removeAttrs args names);
          missing = builtins.filter (name: !known.${name} && !(args ? ${name})) names;
          wrong = builtins.head unknown;
          meant = builtins.filter (name: lib.toLower name == lib.toLower wrong) names;
        in
        if !builtins.isAttrs args then
          fail function "it takes an attribute set, and got ${describe args}"
        else if unknown != [ ] then
          fail function ("it has no argument '${wrong}'"
            + (if meant != [ ] then "; did you mean '${builtins.head meant}'?"
            else "; it takes ${builtins.concatStringsSep ", " names}"))
        else if missing != [ ] then
          fail function "the argument '${builtins.head missing}' is required"
        else body args;
    };

  # checked "buildImage" [ (sentence or null) … ] value: `value`, unless a check has something to say. A check is
  # not looked at when one before it spoke, so it may rely on those.
  checked = function: sentences: value:
    let said = builtins.foldl' (first: sentence: if first != null then first else sentence) null sentences;
    in if said == null then value else fail function said;

  # One check each: null when all is well.
  must = holds: sentence: if holds then null else sentence;
  mustBe = type: argument: value:
    must (builtins.typeOf value == type) "'${argument}' must be ${{
      bool = "true or false";
      int = "a whole number";
      list = "a list";
      set = "an attribute set";
      string = "a string";
    }.${type}}, and is ${describe value}";
  # A set of strings, as annotations and labels are.
  mustBeStrings = argument: values:
    let wrong = builtins.filter (key: !builtins.isString values.${key}) (builtins.attrNames values);
    in if !builtins.isAttrs values then mustBe "set" argument values
    else must (wrong == [ ]) "'${argument}.\"${builtins.head wrong}\"' must be a string, and is ${describe values.${builtins.head wrong}}";
  mustBeOneOf = allowed: argument: value:
    must (value == null || builtins.elem value allowed)
      "'${argument}' is one of ${builtins.concatStringsSep ", " (map (a: "\"${a}\"") allowed)}, and not ${describe value}";

  # A digest as registries write them. Upper case and a bare hash are the usual slips.
  mustBeDigest = argument: value:
    let
      shown = describe value;
      hex = "[0-9a-f]";
    in
    if !builtins.isString value then "'${argument}' must be a string such as \"sha256:…\", and is ${shown}"
    else if builtins.match "(sha256:${hex}{64}|sha512:${hex}{128})" value != null then null
    else if builtins.match "[^:]*" value != null then
      "'${argument}' is ${shown}, which does not say its algorithm; write \"sha256:\" and 64 hexadecimal digits"
    else "'${argument}' is ${shown}, which is not a digest: it takes \"sha256:\" and 64 hexadecimal digits in lower case";

  # Something that is or can become a store path.
  isStorePath = value: value ? outPath || builtins.isString value || builtins.isPath value;
  mustBeStorePaths = argument: values:
    let wrong = builtins.filter (value: !isStorePath value) values;
    in if !builtins.isList values then "'${argument}' must be a list of derivations or store paths, and is ${describe values}"
    else must (wrong == [ ]) "'${argument}' holds ${describe (builtins.head wrong)}; it takes derivations and store paths";

  mustBeLayers = values:
    let
      wrong = builtins.filter (value: !(value ? nestedLayers)) values;
    in
    if !builtins.isList values then "'layers' must be a list of what buildLayer returns, and is ${describe values}"
    else must (wrong == [ ])
      ("'layers' holds ${describe (builtins.head wrong)}; it takes what buildLayer returns. "
        + "To put a package in a layer of its own write buildLayer { deps = [ … ]; }");

  mustBePerms = values:
    let wrong = builtins.filter (value: !(builtins.isAttrs value && value ? path)) values;
    in if !builtins.isList values then "'perms' must be a list, and is ${describe values}"
    else must (wrong == [ ])
      "'perms' holds ${describe (builtins.head wrong)}; each element is { path = a store path; regex = \"…\"; mode = \"0644\"; … }";

  mustNotBoth = contents: copyToRoot:
    must (contents == null || copyToRoot == null)
      "'contents' is the old name of 'copyToRoot'; give one of them, not both";

  # The deprecated argument still works, and says what to write instead.
  fromContents = function: contents: copyToRoot:
    let chosen = if contents == null then copyToRoot else
      lib.warn "nix2container.${function}: 'contents' is deprecated; write 'copyToRoot' for what belongs at the image's root" contents;
    in if chosen == null then [ ] else if builtins.isList chosen then chosen else [ chosen ];
}
