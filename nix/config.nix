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
  };
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
