# What an image has beside store paths: users and groups (/etc/passwd, /etc/group, /etc/shadow), and folders that have
# to be there. One derivation that is moved to the root, and the perms of its files.
{ pkgs, lib, arguments }:

let
  inherit (arguments) describe firstOf must mustBe mustBeOrNull;
  quoted = lib.escapeShellArg;
  special = lib.stringToCharacters "\\.+*?()|[]{}^$";
  literal = builtins.replaceStrings special (map (character: "\\${character}") special);

  folderOf = folder: if builtins.isString folder then { path = folder; } else folder;
  root = { uid = 0; gid = 0; home = "/root"; };
  allUsers = users: { inherit root; } // users;
  # A user without a group has one of its own name.
  allGroups = users: groups:
    let
      gids = map (name: groups.${name}.gid) (builtins.attrNames groups);
      own = builtins.filter (name: !builtins.elem (gidOf users.${name}) gids && !(groups ? ${name})) (builtins.attrNames users);
    in
    builtins.listToAttrs (map (name: { inherit name; value = { gid = gidOf users.${name}; }; }) own) // groups;
  gidOf = user: user.gid or user.uid;
  lines = set: id: line: builtins.concatStringsSep "" (map (name: line name set.${name} + "\n")
    (builtins.sort (a: b: id set.${a} < id set.${b}) (builtins.attrNames set)));
  passwd = name: user: builtins.concatStringsSep ":"
    [ name "x" (toString user.uid) (toString (gidOf user)) (user.description or "") (user.home or "/") (user.shell or "/bin/sh") ];
  group = name: { gid, members ? [ ] }: "${name}:x:${toString gid}:${builtins.concatStringsSep "," members}";

  # name, types, set: what is wrong with the names and the keys.
  mustBeSet = argument: types: needed: set:
    let
      keys = builtins.attrNames types;
      one = name:
        let
          value = set.${name};
          unknown = builtins.attrNames (removeAttrs value keys);
        in
        if builtins.match "[a-z_][a-z0-9_-]*" name == null then
          "'${argument}' has the name '${name}'; it takes small letters, digits, '_' and '-', and begins with a letter or '_'"
        else if !builtins.isAttrs value then mustBe "set" "${argument}.${name}" value
        else if unknown != [ ] then "'${argument}.${name}' has no '${builtins.head unknown}'${arguments.meantBy keys (builtins.head unknown)}"
        else if !(value ? ${needed}) then "'${argument}.${name}' needs a '${needed}'"
        else firstOf
          (key: let said = mustBeOrNull types.${key} "${argument}.${name}.${key}" (value.${key} or null); in
            if said != null then said
            else must (!(builtins.isString value.${key} or null) || builtins.match "[^:\n]*" value.${key} != null)
              "'${argument}.${name}.${key}' is ${describe value.${key}}; it can have no colon and no second line")
          (builtins.filter (key: value ? ${key}) keys);
    in
    if !builtins.isAttrs set then mustBe "set" argument set else firstOf one (builtins.attrNames set);
  mustBeFolder = folder:
    let path = (folderOf folder).path or null;
    in if builtins.isString path && builtins.match "(/[^/\n]+)+" path != null then null
    else "'ensureDirs' holds ${describe folder}; each is a path such as \"/var/lib/app\", or { path = \"/tmp\"; mode = \"1777\"; uid = 0; gid = 0; }";
in
{
  check = { users, groups, ensureDirs }: firstOf (said: said) [
    (mustBeSet "users" { uid = "int"; gid = "int"; home = "string"; shell = "string"; description = "string"; createHome = "bool"; } "uid" users)
    (mustBeSet "groups" { gid = "int"; members = "list"; } "gid" groups)
    (if !builtins.isList ensureDirs then mustBe "list" "ensureDirs" ensureDirs else firstOf mustBeFolder ensureDirs)
  ];

  # { copyToRoot; perms; } for a layer of its own, or null when there is nothing.
  layerOf = { users, groups, ensureDirs }:
    let
      hasAccounts = users != { } || groups != { };
      all = allUsers users;
      # A home that was asked for by name is made; so is no other.
      homes = map (name: { path = users.${name}.home; mode = "0700"; inherit (users.${name}) uid; gid = gidOf users.${name}; })
        (builtins.filter (name: users.${name}.createHome or (users.${name} ? home && users.${name}.home != "/")) (builtins.attrNames users));
      folders = homes ++ map folderOf ensureDirs;
      made = pkgs.runCommand "accounts" { } (''
        mkdir -p $out
      '' + lib.optionalString hasAccounts ''
        mkdir -p $out/etc
        printf %s ${quoted (lines all (user: user.uid) passwd)} > $out/etc/passwd
        printf %s ${quoted (lines (allGroups all groups) (group: group.gid) group)} > $out/etc/group
        printf %s ${quoted (lines all (user: user.uid) (name: _: "${name}:!:1::::::"))} > $out/etc/shadow
      '' + lib.concatMapStringsSep "\n" (folder: "mkdir -p $out${quoted folder.path}") folders);
      perm = regex: more: { path = made; regex = "^${literal "${made}"}${regex}$"; } // more;
    in
    if !hasAccounts && folders == [ ] then null else {
      copyToRoot = [ made ];
      perms = [ (perm ".*" { mode = "0755"; }) ]
        ++ lib.optionals hasAccounts [ (perm "/etc/(passwd|group)" { mode = "0644"; }) (perm "/etc/shadow" { mode = "0640"; }) ]
        ++ map (folder: perm (literal folder.path) ({ mode = "0755"; } // removeAttrs folder [ "path" ])) folders;
    };
}
