# Owners and modes for files in a layer's tar, as callers write them.
{ lib, arguments }:

let
  inherit (arguments) describe firstOf meantBy mustBeOrNull warnAll;
  types = {
    regex = "string"; mode = "string"; orMode = "string"; uid = "int"; gid = "int"; uname = "string"; gname = "string";
    capabilities = "string";
  };
  mustBeCapabilities = import ./capabilities.nix { inherit lib arguments; } "perms.capabilities";
  names = [ "path" ] ++ builtins.attrNames types;

  mustBePerm = perm:
    let
      mode = perm.mode or null;
      orMode = perm.orMode or null;
      octal = text: if builtins.stringLength text < 4 then octal "0${text}" else text;
    in
    if !builtins.isAttrs perm || perm ? outPath then
      "'perms' holds ${describe perm}; each element is { path = a store path; regex = \"…\"; mode = \"0644\"; … }"
    else if builtins.isInt mode then
      "'perms' has the mode ${toString mode}, a number; write it as octal digits in a string: mode = \"${octal (toString mode)}\""
    else if builtins.isInt orMode then
      "'perms' has the orMode ${toString orMode}, a number; write it as octal digits in a string: orMode = \"${octal (toString orMode)}\""
    else if builtins.isString orMode && builtins.match "[0-7]{0,4}" orMode == null then
      "'perms' has the orMode '${orMode}'; it takes one to four octal digits, such as \"0222\""
    else if !arguments.isStorePath (perm.path or "") then
      "'perms' has the path ${describe perm.path}; it takes a derivation or a store path"
    else
      let said = firstOf (key: mustBeOrNull types.${key} "perms.${key}" (perm.${key} or null)) (builtins.attrNames types);
      in if said != null || (perm.capabilities or null) == null then said else mustBeCapabilities perm.capabilities;
in
{
  mustBePerms = values:
    if !builtins.isList values then "'perms' must be a list, and is ${describe values}"
    else firstOf mustBePerm values;

  # What of them means something. Of the rest there are warnings, and nothing becomes of it, as ever.
  known = function: values:
    let
      unknown = perm: map
        (key: "'perms' has a key '${key}' that means nothing here and is passed over${meantBy names key}")
        (builtins.attrNames (removeAttrs perm names));
      # A perm that says no path is for none.
      pathless = perm: lib.optional (perm.path or "" == "") "'perms' holds an element without a 'path', which changes no file";
    in
    warnAll function (builtins.concatMap (perm: pathless perm ++ unknown perm) values)
      (map (perm: removeAttrs perm (builtins.attrNames (removeAttrs perm names)))
        (builtins.filter (perm: perm.path or "" != "") values));
}
