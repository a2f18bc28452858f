#!/usr/bin/env bash
# What someone reads who wrote something wrong: a sentence that names the function, the argument, and what belongs there.
. "$(dirname "$0")/own_store.inc"

# says WHAT EXPRESSION SENTENCE: evaluating the expression ends with the sentence.
says() {
  local found
  if found=$(nix-instantiate --eval --strict -E "
      with import $tests { program = \"/n2c\"; }; with nix2container; ($2).outPath" 2>&1); then
    fail "$1: nothing was said"
  fi
  case $found in
    *"error: $3"*) echo "ok: $1" ;;
    *) fail "$1
  expected: $3
  found:    $found" ;;
  esac
}
# says_too WHAT EXPRESSION WORDS...: evaluating the expression ends with an error that has all of these words.
says_too() {
  local found what=$1 expression=$2 words
  shift 2
  if found=$(nix-instantiate --eval --strict -E "
      with import $tests { program = \"/n2c\"; }; with nix2container; ($expression).outPath" 2>&1); then
    fail "$what: nothing was said"
  fi
  for words; do [[ $found == *"$words"* ]] || fail "$what
  expected: $words
  found:    $found"; done
  echo "ok: $what"
}
# takes WHAT EXPRESSION: it evaluates, and nothing is said.
takes() {
  local found
  found=$(nix-instantiate --eval --strict -E "
    with import $tests { program = \"/n2c\"; }; with nix2container; ($2).drvPath" 2>&1) || fail "$1: $found"
  [[ $found != *warning:* ]] || fail "$1: $found"
  echo "ok: $1"
}
# warns WHAT EXPRESSION SENTENCE: it evaluates, with a warning.
warns() {
  local found
  found=$(nix-instantiate --eval --strict -E "
    with import $tests { program = \"/n2c\"; }; with nix2container; ($2).drvPath" 2>&1) || fail "$1: $found"
  case $found in
    *"warning: $3"*) echo "ok: $1" ;;
    *) fail "$1: $found" ;;
  esac
}

says "both contents and copyToRoot" 'buildImage { name = "a"; contents = [ pkgs.hello ]; copyToRoot = [ pkgs.hello ]; }' \
  "nix2container.buildImage (image 'a'): 'contents' is the old name of 'copyToRoot'; give one of them, not both"
says "a package among the layers" 'buildImage { name = "a"; layers = [ pkgs.hello ]; }' \
  "nix2container.buildImage (image 'a'): 'layers' holds the derivation hello; it takes what buildLayer returns. To put a package in a layer of its own write buildLayer { deps = [ … ]; }"
says "a string among the layers" 'buildLayer { layers = [ "hello" ]; }' \
  "nix2container.buildLayer: 'layers' holds the string 'hello'; it takes what buildLayer returns."
says "a digest without its algorithm" 'pullImage { imageName = "a"; imageDigest = "abc"; sha256 = ""; }' \
  "nix2container.pullImage (a): 'imageDigest' is the string 'abc', which does not say its algorithm; write \"sha256:\" and 64 hexadecimal digits"
says "a digest that is cut short" 'pullImage { imageName = "a"; imageDigest = "sha256:abc"; sha256 = ""; }' \
  "nix2container.pullImage (a): 'imageDigest' is the string 'sha256:abc', which is not a digest"
says "an argument that is not there" 'buildImage { name = "a"; cmd = [ ]; }' \
  "nix2container.buildImage: it has no argument 'cmd'; write config.Cmd = …"
says "an argument of nobody's" 'buildImage { name = "a"; zzzzzz = 1; }' \
  "nix2container.buildImage: it has no argument 'zzzzzz'; it takes annotations, arch, "
says "an argument in other capitals" 'buildImage { name = "a"; maxlayers = 3; }' \
  "nix2container.buildImage: it has no argument 'maxlayers'; did you mean 'maxLayers'?"
says_too "an argument that is missing" 'buildImage { }' "buildImage' " "called without required argument 'name'"
says "a tag in the name" 'buildImage { name = "a:1"; }' \
  "nix2container.buildImage (image 'a:1'): 'name' is the string 'a:1'; the part after the colon belongs in 'tag'"
says "a tag that is none" 'buildImage { name = "a"; tag = "x y"; }' \
  "nix2container.buildImage (image 'a'): 'tag' is the string 'x y'; a tag is"
says "a command that is not a list" 'buildImage { name = "a"; config.entrypoint = "ls -l"; }' \
  "nix2container.buildImage (image 'a'): 'config.entrypoint' must be a list of strings, and is the string 'ls -l'"
says "layers counted in words" 'buildLayer { maxLayers = "5"; }' \
  "nix2container.buildLayer: 'maxLayers' must be a whole number, and is the string '5'"
says "a compressor nobody has" 'buildLayer { compressor = "xz"; }' \
  "nix2container.buildLayer: 'compressor' is \"gzip\" or \"zstd\", with a level behind a colon or without (\"zstd:9\"), and not the string 'xz'"
says "a strategy nobody has" 'buildLayer { layerStrategy = "random"; }' \
  "nix2container.buildLayer: 'layerStrategy' is one of \"popularity\", \"size\", and not the string 'random'"
says "an excluded part that is a whole path" 'buildLayer { excludes = [ { path = pkgs.hello; excludes = [ "/share" ]; } ]; }' \
  "nix2container.buildLayer: 'excludes' names folders and files inside the store path, such as \"share/doc\""
says "a label that is a number" 'buildImage { name = "a"; labels.version = 1; }' \
  "nix2container.buildImage (image 'a'): 'labels.\"version\"' must be a string, and is the number 1"
says "an annotation that is none" 'buildImage { name = "a"; annotations = "b"; }' \
  "nix2container.buildImage (image 'a'): 'annotations' must be an attribute set, and is the string 'b'"
says "an image of this moment" 'buildImage { name = "a"; created = "now"; }' \
  "nix2container.buildImage (image 'a'): 'created' is \"now\", which gives another image at each build"
says "layers from two places" 'buildImage { name = "a"; maxLayers = 3; layersFile = pkgs.writeText "l" "[]"; }' \
  "nix2container.buildLayer: 'layersFile' says which layers there are; leave 'maxLayers' and 'layerStrategy' out"
says "layers written as they are" 'buildLayer { layersFile = [ [ pkgs.hello ] ]; }' \
  "nix2container.buildLayer: 'layersFile' must be one JSON file, and is a list; write pkgs.writeText"
says "nothing to merge with" 'buildImage { name = "a"; mergeBaseConfig = true; }' \
  "nix2container.buildImage (image 'a'): 'mergeBaseConfig' needs a 'fromImage' to merge"
# image SAYS EXPRESSION SENTENCE: an argument of buildImage beside the name.
image() { says "$1" "buildImage { name = \"a\"; $2 }" "nix2container.buildImage (image 'a'): $3"; }
# in the configuration
image "Entrypont" 'config.Entrypont = [ "/a" ];' "'config' has no 'Entrypont'; did you mean 'Entrypoint'?"
image "Workdir" 'config.Workdir = "/a";' "'config' has no 'Workdir'; did you mean 'WorkingDir'?"
image "Command" 'config.Command = [ "/a" ];' "'config' has no 'Command'; did you mean 'Cmd'?"
image "Ports" 'config.Ports = [ 80 ];' "'config' has no 'Ports'; did you mean 'ExposedPorts'?"
image "a key of nobody's" 'config.zzzzzz = 1;' "'config' has no 'zzzzzz'; it takes ArgsEscaped, Cmd, Entrypoint, "
image "a user's number" 'config.User = 1000;' "'config.User' must be a string, and is the number 1000; write \"1000\""
image "a folder that is a list" 'config.WorkingDir = [ "/" ];' "'config.WorkingDir' must be a string, and is a list"
image "a label of the configuration that is a number" 'config.Labels.a = 1;' \
  "'config.Labels.\"a\"' must be a string, and is the number 1; write \"1\""
image "a number among a command's words" 'config.Cmd = [ "sleep" 10 ];' \
  "'config.Cmd' holds the number 10; each of them is a string; write \"10\""
image "an environment that is a set" 'config.Env = { A = "b"; };' \
  "'config.Env' must be a list of strings, and is an attribute set; write [ \"KEY=VALUE\" ]"
image "ports that are a string" 'config.ExposedPorts = "80";' \
  "'config.ExposedPorts' must be an attribute set or a list, and is the string '80'"
image "a volume that has something in it" 'config.Volumes."/data" = "size=1";' \
  "'config.Volumes.\"/data\"' must be an attribute set, and is the string 'size=1'"
image "a configuration that is a list" 'config = [ ];' "'config' must be an attribute set, and is a list"
image "a health check's line" 'config.Healthcheck.Test = "curl localhost";' \
  "'config.Healthcheck.Test' must be a list of strings, and is the string 'curl localhost'; write [ \"CMD-SHELL\" \"curl localhost\" ]"
image "a health check's test of no kind" 'config.Healthcheck.Test = [ "curl" "localhost" ];' \
  "'config.Healthcheck.Test' begins with the string 'curl', and is [ \"CMD\" a program and its words ], [ \"CMD-SHELL\" a line ] or [ \"NONE\" ]"
image "a health check's key of nobody's" 'config.healthcheck.Intervall = 1;' "'config.healthcheck' has no 'Intervall'; did you mean 'Interval'?"
image "a time in seconds" 'config.Healthcheck.Interval = 30;' \
  "'config.Healthcheck.Interval' is 30 nanoseconds, and Docker takes no less than a millisecond; write 30000000000 for 30 seconds"
image "a time with its unit" 'config.Healthcheck.timeout = "5s";' \
  "'config.Healthcheck.timeout' must be a number of nanoseconds, and is the string '5s'; write 5000000000"
image "a health check that is a line" 'config.Healthcheck = "true";' "'config.Healthcheck' must be an attribute set, and is the string 'true'"
image "a time to stop with its unit" 'config.StopTimeout = "10";' "'config.StopTimeout' must be a whole number, and is the string '10'; write 10, without quotes"
image "a shell that is a word" 'config.Shell = "/bin/sh";' "'config.Shell' must be a list of strings, and is the string '/bin/sh'"
image "an instruction that is no list" 'config.OnBuild = "RUN a";' "'config.OnBuild' must be a list of strings, and is the string 'RUN a'"
image "a slip in Docker's keys" 'config.Healtcheck = { };' "'config' has no 'Healtcheck'; did you mean 'Healthcheck'?"
takes "Docker's keys" 'buildImage { name = "a"; config = { healthcheck = { test = [ "CMD" pkgs.hello ]; Interval = 1000000; retries = 0; }; OnBuild = [ "RUN a" ]; shell = [ "/bin/sh" ]; StopTimeout = -1; ArgsEscaped = true; }; }'
warns "what is of a container" 'buildImage { name = "a"; config.Hostname = "b"; }' \
  "nix2container.buildImage (image 'a'): 'config.Hostname' is of a container and not of an image; it is left out"
takes "keys in any case" 'buildImage { name = "a"; config = { entrypoint = [ pkgs.hello ]; cmd = null; env = [ "A=b" ]; }; }'
check "lists of ports and volumes become what they have to be" equal "$(nix-instantiate --eval --strict --json -E "
    with import $tests { program = \"/n2c\"; };
    (nix2container.buildImage { name = \"a\"; config = { ExposedPorts = [ 80 \"53/udp\" ]; volumes = [ \"/data\" ]; }; }).config")" \
  '{"ExposedPorts":{"53/udp":{},"80/tcp":{}},"volumes":{"/data":{}}}'

# owners and modes
image "a mode that is a number" 'perms = [ { path = pkgs.hello; regex = ".*"; mode = 644; } ];' \
  "'perms' has the mode 644, a number; write it as octal digits in a string: mode = \"0644\""
says "a layer's mode that is a number" 'buildLayer { perms = [ { path = pkgs.hello; mode = 4755; } ]; }' \
  "nix2container.buildLayer: 'perms' has the mode 4755, a number; write it as octal digits in a string: mode = \"4755\""
image "an owner in quotes" 'perms = [ { path = pkgs.hello; uid = "1000"; } ];' \
  "'perms.uid' must be a whole number, and is the string '1000'; write 1000, without quotes"
image "perms that are one" 'perms = { path = pkgs.hello; };' "'perms' must be a list, and is an attribute set"
image "a mode to add that is a number" 'perms = [ { path = pkgs.hello; orMode = 22; } ];' \
  "'perms' has the orMode 22, a number; write it as octal digits in a string: orMode = \"0022\""
image "a mode to add that is none" 'perms = [ { path = pkgs.hello; orMode = "g+w"; } ];' \
  "'perms' has the orMode 'g+w'; it takes one to four octal digits, such as \"0222\""
image "a capability of nobody's" 'perms = [ { path = pkgs.hello; capabilities = "cap_net_bindservice=ep"; } ];' \
  "'perms.capabilities' is the string 'cap_net_bindservice=ep', and 'cap_net_bindservice' is not a capability; did you mean 'cap_net_bind_service'?"
image "a capability without its beginning" 'perms = [ { path = pkgs.hello; capabilities = "cap_kill,net_raw=ep"; } ];' \
  "'perms.capabilities' is the string 'cap_kill,net_raw=ep', and 'net_raw' is not a capability; did you mean 'cap_net_raw'?"
image "a capability without its sets" 'perms = [ { path = pkgs.hello; capabilities = "cap_net_raw"; } ];' \
  "'perms.capabilities' is the string 'cap_net_raw'; write it as setcap takes it: \"cap_net_bind_service=ep\""
image "capabilities that are a list" 'perms = [ { path = pkgs.hello; capabilities = [ "cap_net_raw" ]; } ];' \
  "'perms.capabilities' must be a string, and is a list"
takes "bits to add, and capabilities" 'buildLayer { deps = [ pkgs.hello ]; perms = [ { path = pkgs.hello; regex = "x"; orMode = "0222"; capabilities = "cap_net_raw,CAP_KILL=ep all+i"; } ]; }'
warns "a permission without its path" 'buildLayer { perms = [ { mode = "0644"; } ]; }' \
  "nix2container.buildLayer: 'perms' holds an element without a 'path', which changes no file"
warns "a permission's key of nobody's" 'buildLayer { perms = [ { path = pkgs.hello; regexp = ".*"; } ]; }' \
  "nix2container.buildLayer: 'perms' has a key 'regexp' that means nothing here and is passed over; did you mean 'regex'?"

# of the image
says "metadata of another name" 'buildLayer { metadata.createdBy = "me"; }' \
  "nix2container.buildLayer: 'metadata' has no 'createdBy'; did you mean 'created_by'?"
says "metadata that is a number" 'buildLayer { metadata.author = 1; }' \
  "nix2container.buildLayer: 'metadata.author' must be a string, and is the number 1; write \"1\""
for arch in x86_64:amd64 x86-64:amd64 AMD64:amd64 x86_64-linux:amd64 linux/amd64:amd64 aarch64:arm64 aarch64-linux:arm64 arm64/v8:arm64 \
  armv7l:arm armv7l-linux:arm i686:386 powerpc64le-linux:ppc64le amd46:amd64; do
  image "the processor ${arch%:*}" "arch = \"${arch%:*}\";" \
    "'arch' is the string '${arch%:*}', and images name processors as Go does; did you mean '${arch#*:}'?"
done
image "the processor of nobody" 'arch = "pentium";' "'arch' is the string 'pentium', and images name processors as Go does: 386, amd64, "
says "a pulled image's processor" "pullImage { imageName = \"a\"; imageDigest = \"sha256:$(printf %064d 0)\"; sha256 = \"\"; arch = \"x86_64\"; }" \
  "nix2container.pullImage (a): 'arch' is the string 'x86_64', and images name processors as Go does; did you mean 'amd64'?"
image "no layer" 'maxLayers = 0;' "'maxLayers' is the number 0; the least is 1, one layer for all"
says "less than no layer" 'buildLayer { maxLayers = -1; }' "nix2container.buildLayer: 'maxLayers' is the number -1; the least is 1"
# name NAME WHAT
name() { says "the name $1" "buildImage { name = \"$1\"; }" "nix2container.buildImage (image '$1'): 'name' is the string '$1'; $2"; }
name docker://r.example/a "write it without 'docker://': where the image goes is said when it is pushed or copied"
name https://r.example/a "write it without 'https://'"
name r.example//a "between two '/', before the first and behind the last there must be something"
name /a "between two '/', before the first"
name a/ "between two '/', before the first"
name "a@sha256:$(printf %064d 0)" "a digest is what an image gets, so leave out what begins with the '@'"
name "a b" "a name has no space in it"
takes "a registry's port in a name" 'buildImage { name = "r.example:5000/Team/a"; }'
image "a base's name" 'fromImage = "alpine:3";' \
  "'fromImage' is the string 'alpine:3', and takes what pullImage, pullImageFromManifest or buildImage returns; pull it with pullImage"
image "an archive" 'fromImage = ./base.tar.gz;' "'fromImage' is the path "
says_too "an archive's way" 'buildImage { name = "a"; fromImage = ./base.tar.gz; }' "/base.tar.gz, an archive (as dockerTools makes them)" \
  "pull it with pullImage" "n2c copy docker-archive:FILE dir:FOLDER" "n2c image-from-dir"
image "dockerTools' image" 'fromImage = pkgs.runCommand "docker-image-a.tar.gz" { } "touch $out";' \
  "'fromImage' is the derivation docker-image-a.tar.gz, an archive (as dockerTools makes them)"
image "a base that is a list" 'fromImage = [ ];' "'fromImage' must be what pullImage, pullImageFromManifest or buildImage returns, and is a list"
image "yes" 'initializeNixDatabase = "yes";' "'initializeNixDatabase' must be true or false, and is the string 'yes'"
image "an owner of /nix in quotes" 'nixUid = "1000";' "'nixUid' must be a whole number, and is the string '1000'; write 1000, without quotes"
image "a user without its number" 'users.app = { };' "'users.app' needs a 'uid'"
image "a user's number in quotes" 'users.app.uid = "1000";' "'users.app.uid' must be a whole number, and is the string '1000'; write 1000, without quotes"
image "a user's key of nobody's" 'users.app = { uid = 1; homedir = "/"; };' "'users.app' has no 'homedir'; it takes "
image "a user's name" 'users."a b".uid = 1;' "'users' has the name 'a b'; it takes small letters"
image "a colon in an account" 'users.app = { uid = 1; home = "/a:b"; };' "'users.app.home' is the string '/a:b'; it can have no colon"
image "a folder that is not whole" 'ensureDirs = [ "tmp" ];' "'ensureDirs' holds the string 'tmp'; each is a path such as "
# elsewhere ARGUMENT SENTENCE: what other tools, or other functions, have
elsewhere() { says "the argument $1" "buildImage { name = \"a\"; $1 = null; }" "nix2container.buildImage: it has no argument '$1'; $2"; }
elsewhere entrypoint "write config.Entrypoint = …"
elsewhere Env "write config.Env = …"
elsewhere workingDir "write config.WorkingDir = …"
elsewhere deps "it belongs in buildLayer: layers = [ (buildLayer { deps = [ … ]; }) ]."
elsewhere architecture "it is 'arch'"
elsewhere extraCommands "write them in pkgs.runCommand and give what it makes as 'copyToRoot'"
elsewhere fakeRootCommands "owners and modes are in 'perms', 'users' and 'ensureDirs', and 'fromTar' takes what a command under fakeroot packed"
elsewhere runAsRoot "nothing is run as root; "
elsewhere includeNixDB "it is 'initializeNixDatabase'"
elsewhere copyToroot "did you mean 'copyToRoot'?"
elsewhere initialiseNixDatabase "did you mean 'initializeNixDatabase'?"
says "an argument of an image in a layer" 'buildLayer { name = "a"; }' "nix2container.buildLayer: it has no argument 'name'; a layer has none"
says "a layer's argument with a slip" 'buildLayer { dep = [ ]; }' "nix2container.buildLayer: it has no argument 'dep'; did you mean 'deps'?"

echo '{"manifests": []}' > "$work/index.json"
says "a manifest of many platforms" "pullImageFromManifest { imageName = \"a\"; imageManifest = $work/index.json; }" \
  "nix2container.pullImageFromManifest (a): 'imageManifest' is an index of several platforms; the passthru getManifest prints"
says "no manifest yet" 'pullImageFromManifest { imageName = "a"; }' \
  "nix2container.pullImageFromManifest (a): 'imageManifest' is missing; nix run the passthru getManifest to print it"
says "two images for one processor" \
  'buildIndex { name = "a"; images = [ (buildImage { name = "a"; }) (buildImage { name = "b"; }) ]; }' \
  "nix2container.buildIndex (image 'a'): two of the 'images' are for the same architecture (amd64, amd64); set 'arch'"
says "several images that are none" 'pushAll { images = [ ]; }' "nix2container.pushAll: 'images' is empty"
says "an index of no images" 'buildIndex { name = "a"; images = [ ]; }' \
  "nix2container.buildIndex (image 'a'): 'images' is empty"

warns "contents alone still works, and says what it is called now" 'buildImage { name = "a"; contents = [ pkgs.hello ]; }' \
  "nix2container.buildImage: 'contents' is deprecated; write 'copyToRoot'"
plus='(pkgs.runCommand "gtk+-3.0" { } "mkdir $out")'
warns "a store path that will not move to the root is named" "buildLayer { copyToRoot = $plus; }" \
  "nix2container.buildLayer: /nix/store/"

if [ -z "$today" ]; then # today's Nix builds without the machine's programs
  # built EXPRESSION: builds it with the program itself; what it says goes to build.log.
  built() { nix-build --no-out-link -E "with import $tests { program = \"$N2C\"; }; with nix2container; $1" > "$work/built" 2> "$work/build.log"; }
  # said WHAT SENTENCE: the build said so, hashes aside.
  said() {
    sed -E 's,/nix/store/[0-9a-z]{32}-,/,g' "$work/build.log" > "$work/said"
    check "$1" grep -qF "$2" "$work/said"
  }
  built 'let other = pkgs.writeText "other" ""; in buildLayer { deps = [ pkgs.hello ]; perms = [
      { path = pkgs.hello; regex = "/bin/hallo$"; mode = "0500"; } { path = pkgs.hello; regex = "/bin/"; mode = "0500"; }
      { path = other; regex = ".*"; mode = "0500"; } ]; }' || fail "perms that do nothing: $(cat "$work/build.log")"
  said "a regex that matches no file" 'warning: the perms of /hello with the regex "/bin/hallo$" match none of its files'
  said "a path that is not there" 'warning: the perms of /other are for no path of this layer'
  check "and no more than that" equal "$(grep -c warning: "$work/said")" 2
  if built 'buildLayer { deps = [ pkgs.hello ]; permsFile = pkgs.writeText "perms" (builtins.toJSON [
      { path = pkgs.hello; regex = "/bin/"; capabilities = "cap_net_raw=ep cap_kill=p"; } ]); }'; then
    fail "capabilities that no file can have were taken"
  fi
  said "capabilities that no file can have" "a file's capabilities are effective all together or not at all"
  two='let root = name: text: pkgs.runCommand name { } "mkdir -p $out/etc; echo ${text} > $out/etc/motd; echo same > $out/etc/same; ln -s ${text} $out/etc/link";'
  for layers in 1 5; do
    built "$two in buildImage { name = \"a\"; maxLayers = $layers; copyToRoot = [ (root \"one\" \"abc\") (root \"two\" \"def\") ]; }" ||
      fail "roots that clash: $(cat "$work/build.log")"
    check "two roots with one file of different content: both are named, in $layers layers, and the one that the image gets" grep -qE \
      'warning: two roots have /etc/motd with other content: the image gets that of /(one|two)/etc/motd, and not that of /(one|two)/etc/motd' \
      <(sed -E 's,/nix/store/[0-9a-z]{32}-,/,g' "$work/build.log")
    check "a link's target is its content" grep -q 'two roots have /etc/link' "$work/build.log"
    check "what is the same in both is nobody's business" equal "$(grep -c 'two roots have' "$work/build.log")" 2
    kept=$(grep -o 'gets that of [^,]*/etc/motd' "$work/build.log" | cut -d' ' -f4)
    "$N2C" push "$(cat "$work/built")" "dir:$work/dir-$layers" > "$work/push.log" 2>&1
    for layer in $(jq -r '.layers[].digest' "$work/dir-$layers/manifest.json"); do
      tar -xOf "$work/dir-$layers/${layer#*:}" etc/motd 2> /dev/null || tar -xPOf "$work/dir-$layers/${layer#*:}" /etc/motd 2> /dev/null || true
    done | tail -n 1 > "$work/motd"
    check "it is the one" cmp "$work/motd" "$kept"
  done
  if built "$two in buildImage { name = \"a\"; strictRoots = true; copyToRoot = [ (root \"one\" \"abc\") (root \"two\" \"def\") ]; }"; then
    fail "strictRoots took roots that clash"
  fi
  said "strictRoots refuses them" 'two roots have /etc/'
  built "$two in buildLayer { strictRoots = true; copyToRoot = [ (root \"one\" \"abc\") (root \"two\" \"abc\") ]; }" ||
    fail "strictRoots: $(cat "$work/build.log")"
  said "and takes those that have the same" 'Layers have been written'
fi
