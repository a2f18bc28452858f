# An image's `config` as callers write it: Go reads its keys in any case, and they hold what their type says.
{ lib, arguments }:

let
  inherit (arguments) describe firstOf meantBy mustBe mustBeStrings mustBeText mustHoldTexts warnAll;

  types = {
    text = mustBeText;
    bool = mustBe "bool";
    int = mustBe "int";
    # A command is a list of words: a string would need a shell that the image may not have.
    words = argument: value:
      if !builtins.isList value then
        "'${argument}' must be a list of strings, and is ${describe value}"
        + (if builtins.isAttrs value && !(value ? outPath) then "; write [ \"KEY=VALUE\" ]" else "")
      else mustHoldTexts argument value;
    strings = mustBeStrings;
    health = mustBeHealthcheck;
    # Keys that have nothing behind them. A list of the keys is taken as well.
    keys = argument: value:
      if builtins.isList value then mustHoldTexts argument (builtins.filter (key: !builtins.isInt key) value)
      else if !builtins.isAttrs value then "'${argument}' must be an attribute set or a list, and is ${describe value}"
      else firstOf (key: if value.${key} == null then null else mustBe "set" "${argument}.\"${key}\"" value.${key}) (builtins.attrNames value);
  };
  keys = {
    ArgsEscaped = "bool";
    Cmd = "words";
    Entrypoint = "words";
    Env = "words";
    ExposedPorts = "keys";
    Labels = "strings";
    StopSignal = "text";
    User = "text";
    Volumes = "keys";
    WorkingDir = "text";
  } // dockers;
  # Docker's, beside OCI's.
  dockers = {
    Healthcheck = "health";
    OnBuild = "words";
    Shell = "words";
    StopTimeout = "int";
  };

  # Times are nanoseconds, which few write at once.
  checkKeys = { Test = "words"; Interval = "time"; Timeout = "time"; StartPeriod = "time"; StartInterval = "time"; Retries = "int"; };
  mustBeHealthcheck = argument: value:
    let
      names = builtins.attrNames checkKeys;
      one = key:
        let name = nameOf names key; found = value.${key}; at = "${argument}.${key}";
        in if name == null then "'${argument}' has no '${key}'${meantBy names key}"
        else if found == null then null
        else if checkKeys.${name} == "time" then mustBeTime at found
        else if name == "Test" then mustBeTest at found
        else mustBe "int" at found;
    in
    if !builtins.isAttrs value || value ? outPath then
      "'${argument}' must be an attribute set, and is ${describe value}; write { Test = [ \"CMD\" … ]; Interval = 30000000000; }"
    else firstOf one (builtins.attrNames value);
  mustBeTest = argument: value:
    if arguments.isText value then
      "'${argument}' must be a list of strings, and is ${describe value}; write [ \"CMD-SHELL\" \"${builtins.unsafeDiscardStringContext (toString value)}\" ]"
    else if !builtins.isList value then types.words argument value
    else if value != [ ] && !builtins.elem (builtins.head value) [ "NONE" "CMD" "CMD-SHELL" ] then
      "'${argument}' begins with ${describe (builtins.head value)}, and is [ \"CMD\" a program and its words ], [ \"CMD-SHELL\" a line ] or [ \"NONE\" ]"
    else mustHoldTexts argument value;
  mustBeTime = argument: value:
    let
      units = { ms = "000000"; s = "000000000"; };
      parts = builtins.match "([0-9]+)(ms|s)" (toString value);
      example = if builtins.isString value && parts != null
        then "${builtins.head parts}${units.${builtins.elemAt parts 1}}"
        else "30000000000 for 30 seconds";
    in
    if !builtins.isInt value then "'${argument}' must be a number of nanoseconds, and is ${describe value}; write ${example}"
    else if value == 0 || value >= 1000000 then null
    else "'${argument}' is ${toString value} nanoseconds, and Docker takes no less than a millisecond; write ${example}";
  # What Docker knows of a container and no image has.
  ofContainers = [
    "AttachStderr" "AttachStdin" "AttachStdout" "CpuShares" "Cpuset" "Domainname" "Hostname" "Image" "MacAddress" "Memory"
    "MemorySwap" "NetworkDisabled" "OpenStdin" "PortSpecs" "StdinOnce" "Tty"
  ];
  # What others call some of it.
  words = {
    command = "Cmd";
    environment = "Env";
    expose = "ExposedPorts";
    ports = "ExposedPorts";
    username = "User";
    uid = "User";
  };

  # The key's name as the specification writes it, or null.
  nameOf = names: key:
    let found = builtins.filter (name: lib.toLower name == lib.toLower key) names;
    in if found == [ ] then null else builtins.head found;
  known = builtins.attrNames keys;
  isKnown = key: nameOf known key != null;
  isOfContainers = key: nameOf ofContainers key != null;

  mustBeKnown = key:
    if isKnown key || isOfContainers key then null
    else "'config' has no '${key}'"
      + (if words ? ${lib.toLower key} then "; did you mean '${words.${lib.toLower key}}'?" else meantBy known key);
  portOf = port: if builtins.isInt port then "${toString port}/tcp" else "${port}";
in
{
  # Whether something has to be kept that nix2container leaves out.
  hasDockerKeys = config: builtins.any (key: nameOf (builtins.attrNames dockers) key != null) (builtins.attrNames config);

  mustBeConfig = config:
    let said = firstOf mustBeKnown (builtins.attrNames config);
    in if !builtins.isAttrs config then mustBe "set" "config" config
    else if said != null then said
    else firstOf
      (key: if !isKnown key || config.${key} == null then null else types.${keys.${nameOf known key}} "config.${key}" config.${key})
      (builtins.attrNames config);

  # The configuration as it is written: lists of keys are sets, and `labels` join those that are there.
  written = function: config: labels:
    let
      left = builtins.filter isOfContainers (builtins.attrNames config);
      asSet = key: value:
        if !(builtins.isList value && isKnown key && keys.${nameOf known key} == "keys") then value
        else builtins.listToAttrs (map (name: { name = portOf name; value = { }; }) value);
      labelled = builtins.filter (key: lib.toLower key == "labels") (builtins.attrNames config);
      present = builtins.foldl' (all: key: all // config.${key}) { } labelled;
      sets = builtins.mapAttrs asSet config;
    in
    warnAll function (map (key: "'config.${key}' is of a container and not of an image; it is left out") left)
      (if labels == { } then sets else removeAttrs sets labelled // { Labels = present // labels; });
}
