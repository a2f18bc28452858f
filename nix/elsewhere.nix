# Arguments that people give to buildImage and that are not its own: dockerTools' words, and those of `config`. Names
# in lower case; each says what to write instead.
let
  inConfig = names: builtins.listToAttrs (map (name: { inherit (name) name; value = "write config.${name.value} = …"; }) names);
  as = name: value: { inherit name value; };
in
inConfig [
  (as "cmd" "Cmd")
  (as "command" "Cmd")
  (as "entrypoint" "Entrypoint")
  (as "env" "Env")
  (as "environment" "Env")
  (as "exposedports" "ExposedPorts")
  (as "ports" "ExposedPorts")
  (as "stopsignal" "StopSignal")
  (as "user" "User")
  (as "volumes" "Volumes")
  (as "workdir" "WorkingDir")
  (as "workingdir" "WorkingDir")
] // {
  architecture = "it is 'arch'";
  baseimage = "it is 'fromImage'";
  builderkind = "an image is described, and nothing has to be built in a machine of its own";
  buildvmmemorysize = "no virtual machine is started";
  deps = "it belongs in buildLayer: layers = [ (buildLayer { deps = [ … ]; }) ]. What 'config' names is in the image by itself";
  disksize = "no virtual machine is started";
  enablefakechroot = "write the files in a derivation, give it as 'copyToRoot', and their owners and modes in 'perms'";
  extracommands = "write them in pkgs.runCommand and give what it makes as 'copyToRoot'";
  fakerootcommands = "owners and modes are in 'perms', 'users' and 'ensureDirs', and 'fromTar' takes what a command under fakeroot packed";
  fromimagename = "'fromImage' is one image; pullImage takes its name";
  fromimagetag = "'fromImage' is one image; pullImage takes its digest";
  gid = "owners are in 'perms'";
  gname = "owners are in 'perms'";
  ignore = "it belongs in buildLayer";
  includenixdb = "it is 'initializeNixDatabase'";
  includestorepaths = "an image has the store paths that it names; what another image has is left out by 'layers'";
  keepcontentsdirlinks = "links to folders are kept as they are";
  mtime = "files are from the first second of 1970, whenever they were made; 'created' is the image's date";
  reproducible = "it belongs in buildLayer";
  runasroot = "nothing is run as root; accounts are in 'users', folders in 'ensureDirs', and 'fromTar' takes what a command under fakeroot packed";
  uid = "owners are in 'perms'";
  uname = "owners are in 'perms'";
}
