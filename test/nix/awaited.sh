#!/usr/bin/env bash
# What users of nix2container asked for, and have here: accounts, folders, tars with owners, perms from a file, a stream.
. "$(dirname "$0")/own_store.inc"
need fakeroot tar

made() { # made EXPRESSION
  nix-build --no-out-link -E "with import $tests { program = \"$N2C\"; }; with nix2container; $1" 2> "$work/build.log" ||
    { cat "$work/build.log"; return 1; }
}
# listing IMAGE: "MODE UID/GID PATH" of all entries, lowest layer first
listing() {
  rm -rf "$work/dir"
  "$N2C" push "$1" "dir:$work/dir" > "$work/push.log" 2>&1 || fail "push to dir: $(cat "$work/push.log")"
  for layer in $(jq -r '.layers[].digest' "$work/dir/manifest.json"); do
    tar --numeric-owner -tvPf "$work/dir/${layer#*:}" | awk '{ print $1, $2, $6 }'
  done
}
content() { for layer in $(jq -r '.layers[].digest' "$work/dir/manifest.json"); do tar -xOPf "$work/dir/${layer#*:}" "$1" 2> /dev/null || true; done; }
has() { check "$1" grep -qxF -- "$2" "$work/listing"; } # has WHAT LINE

image=$(made examples.accounts) || fail "accounts: $image"
listing "$image" > "$work/listing"
check "users are in /etc/passwd, root among them" equal "$(content /etc/passwd)" \
  $'root:x:0:0::/root:/bin/sh\napp:x:1000:1000:the application:/home/app:/bin/sh'
check "groups are in /etc/group, each user's own among them" equal "$(content /etc/group)" $'root:x:0:\nwheel:x:10:app\napp:x:1000:'
check "nobody has a password" equal "$(content /etc/shadow)" $'root:!:1::::::\napp:!:1::::::'
has "which only root reads" "-rw-r----- 0/0 /etc/shadow"
has "a home that was asked for is its user's" "drwx------ 1000/1000 /home/app"
has "a folder that has to be there" "drwxr-xr-x 0/0 /var/lib/app"
has "with its mode" "drwxrwxrwt 0/0 /tmp"
has "a tar's entries keep owner and mode" "-rw-r----- 33/44 /srv/data/key"
has "folders too" "drwxr-xr-x 33/44 /srv/data"
check "these are layers above the image's own, and only where there is something" equal \
  "$(jq '.layers | length' "$image") $(jq '.layers | length' "$(made 'buildImage { name = "a"; config.Cmd = [ "${pkgs.hello}" ]; }')")" "3 1"

image=$(made 'buildImage { name = "a"; copyToRoot = pkgs.writeTextDir "etc/motd" "a"; fromTar = pkgs.runCommand "a.tar" { } "
  export PATH=/usr/bin:/bin
  mkdir -p \"r/with space\"; echo b > \"r/with space/b+(1).txt\"; ln -s b r/link; mkdir r/etc; for i in \$(seq 250); do echo > r/etc/\$i; done
  echo c > r/suid
  fakeroot sh -c \"chown 7:8 r/with*/b*; chown -h 9:9 r/link; chmod 4755 r/suid; tar -C r -cf $out .\"
"; }') || fail "names: $image"
listing "$image" > "$work/listing"
check "names with spaces and characters of expressions" grep -q '^-rw-r--r-- 7/8 /with$' "$work/listing"
has "links" "lrwxrwxrwx 9/9 /link"
has "set-user-id" "-rwsr-xr-x 0/0 /suid"
check "many entries of one owner" equal "$(grep -c '^-rw-r--r-- 0/0 /etc/[0-9]*$' "$work/listing")" 250
if made 'buildLayer { fromTar = pkgs.runCommand "device.tar" { } "/usr/bin/fakeroot /bin/sh -c \"/usr/bin/mknod null c 1 3; /usr/bin/tar -cf $out null\""; }' > "$work/device.log"; then
  fail "a device was taken"
fi
check "a device is refused, by name" grep -q 'device.tar has null, which is a device: a layer holds none' "$work/device.log"
image=$(made 'buildImage { name = "a"; layers = [ (buildLayer { copyToRoot = pkgs.writeTextDir "etc/motd" "of the store"; fromTar = map (n: pkgs.runCommand "${n}.tar" { } "
  export PATH=/usr/bin:/bin
  mkdir -p r/etc; echo of ${n} > r/etc/motd; ln r/etc/motd r/etc/${n}; echo ${pkgs.hello} > r/needs
  fakeroot sh -c \"chown 7:8 r/etc r/etc/motd; tar -C r -cf $out .\"") [ "one" "two" ]; }) ]; }') || fail "merged: $image"
listing "$image" > "$work/listing"
has "entries of tars and files of the store in one layer: the tar's folder holds" "drwxr-xr-x 7/8 /etc"
check "the last tar's file is there, once" equal "$(content /etc/motd) $(grep -c '/etc/motd$' "$work/listing")" "of two 1"
check "a hard link is a file" equal "$(content /etc/one) $(content /etc/two)" "of one of two"
check "store paths that a tar names are in the image, and the tar is not" equal \
  "$(grep -c -- '-hello/bin/hello$' "$work/listing") $(grep -c '[.]tar$' "$work/listing")" "1 0"

image=$(made 'let root = pkgs.writeTextDir "etc/motd" "a"; in buildImage { name = "a"; copyToRoot = root;
  perms = [ { path = root; regex = ".*"; mode = "0755"; } ];
  permsFile = pkgs.writeText "perms" (builtins.toJSON [ { path = root; regex = "motd$"; mode = "0600"; uid = 5; } ]); }') || fail "permsFile: $image"
listing "$image" > "$work/listing"
has "permsFile comes behind perms" "-rw------- 5/0 /etc/motd"
has "which hold for the rest" "drwxr-xr-x 0/0 /etc"
image=$(made 'buildImage { name = "a"; initializeNixDatabase = true; nixMode = "0775"; nixGid = 30; }') || fail "nixMode: $image"
listing "$image" > "$work/listing"
has "nixMode" "drwxrwxr-x 0/30 /nix/var/nix/db"

# What a tar has of a file beside owner and mode: "NAME RECORD=VALUE in hexadecimal digits" for each.
attributes() {
  for layer in $(jq -r '.layers[].digest' "$work/dir/manifest.json"); do
    python3 - "$work/dir/${layer#*:}" <<'PY'
import sys, tarfile
for entry in tarfile.open(sys.argv[1], encoding='utf-8', errors='surrogateescape'):
    for key, value in entry.pax_headers.items():
        if key.startswith('SCHILY.xattr.'):
            print('/' + entry.name.lstrip('/'), key[13:], value.encode('utf-8', 'surrogateescape').hex())
PY
  done
}
image=$(made examples.capabilities) || fail "the example capabilities: $image"
listing "$image" > "$work/listing"
attributes > "$work/attributes"
check "the example capabilities: one file has them, with the bytes of setcap" equal "$(cat "$work/attributes")" \
  "/bin/busybox security.capability 0100000200040000000000000000000000000000"
has "the example capabilities: orMode adds to what a folder has" "drwxrwxr-x 0/1000 /srv/data"
has "the example capabilities: and to no other" "dr-xr-xr-x 0/0 /bin"

image=$(made examples.permsFile) || fail "the example permsFile: $image"
listing "$image" > "$work/listing"
has "the example permsFile: what a derivation says holds" "-r-------- 1000/0 /data/key"
has "the example permsFile: for each file" "-r-------- 1000/0 /data/text"
image=$(made examples.nixShared) || fail "the example nixShared: $image"
listing "$image" > "$work/listing"
has "the example nixShared: a group may write to the database" "drwxrwxr-x 0/30000 /nix/var/nix/db"
check "the example nixShared: its user is of the group" grep -qx 'nixbld:x:30000:app' <(content /etc/group)
stream=$(made examples.stream.stream) || fail "the example stream: $stream"
"$stream" > "$work/archive.tar" 2> "$work/stream.log" || fail "the example stream: $(cat "$work/stream.log")"
check "the example stream: an archive of the image" equal \
  "$(tar -xOf "$work/archive.tar" manifest.json | jq -r '.[0].RepoTags[0]' | sed 's,^docker.io/,,')" library/stream:latest

# What is in the pushed configuration, in Docker's format and in OCI's.
image=$(made examples.healthcheck) || fail "the example healthcheck: $image"
for format in oci docker; do
  rm -rf "$work/dir"
  "$N2C" push "$image" "dir:$work/dir" --format $format > "$work/push.log" 2>&1 || fail "push --format $format: $(cat "$work/push.log")"
  config=$work/dir/$(jq -r '.config.digest | sub(".*:"; "")' "$work/dir/manifest.json")
  check "the example healthcheck: Docker's keys are in the configuration, --format $format" equal \
    "$(jq -c '.config | .Healthcheck.Test[2], .Healthcheck.Interval, .Healthcheck.Retries, .Shell[1:], .StopTimeout' "$config" | xargs)" \
    "true 30000000000 2 [sh,-c] 3"
done
check "an image without them has the digest it had" equal \
  "$(jq -c '."image-config" | keys' "$(made 'buildImage { name = "a"; config.Cmd = [ "/a" ]; }')")" '["Cmd"]'
image=$(made 'buildImage { name = "a"; fromImage = buildImage { name = "base"; config = {
    Healthcheck = { Test = [ "CMD" "/base" ]; Interval = 5000000000; }; Shell = [ "/base" ]; StopTimeout = 9; OnBuild = [ "RUN base" ]; }; };
  mergeBaseConfig = true; config = { Healthcheck.Retries = 4; StopTimeout = 0; OnBuild = [ "RUN own" ]; ArgsEscaped = true; }; }') || fail "merged: $image"
check "mergeBaseConfig merges them, by Docker's rules" equal "$(jq -c '."image-config"' "$image")" \
  '{"ArgsEscaped":true,"Healthcheck":{"Test":["CMD","/base"],"Interval":5000000000,"Retries":4},"OnBuild":["RUN own"],"Shell":["/base"],"StopTimeout":0}'
check "and says that the base's OnBuild is not taken over" grep -q "the base image's OnBuild is not taken over" "$work/build.log"

image=$(made examples.layersFile) || fail "layersFile: $image"
labels() { jq -c '[.layers[] | [.paths[].path | sub("/nix/store/[0-9a-z]{32}-"; "")]]' "$1"; }
check "layersFile: listed paths have their layer, and the rest is one more" equal "$(labels "$image")" '[["hello"],["busybox"]]'
image=$(made 'buildImage { name = "a"; config.Cmd = [ "${pkgs.hello}" ];
  layersFile = pkgs.writeText "layers.json" (builtins.toJSON [ [ "${pkgs.busybox}" ] [ ] [ "${pkgs.hello}" ] ]); }') || fail "layersFile: $image"
check "layersFile: in the order of the file" equal "$(labels "$image")" '[["busybox"],["hello"]]'
if made 'buildLayer { deps = [ pkgs.busybox ]; layersFile = pkgs.writeText "layers.json" (builtins.toJSON [ [ "/nix/store/zzz" ] ]); }' > "$work/listed.log"; then
  fail "a path that the layer does not have was taken"
fi
check "layersFile: a path that is not there is refused, by name" grep -q '\[0\]: "/nix/store/zzz" is not in the closure graph' "$work/listed.log"

stream=$(made '(buildImage { name = "Team/a"; tag = "1"; copyToRoot = pkgs.writeTextDir "etc/motd" "a"; }).stream') || fail "stream: $stream"
check "stream is one executable file" test -f "$stream" -a -x "$stream"
"$stream" > "$work/archive.tar" 2> "$work/stream.log" || fail "stream: $(cat "$work/stream.log")"
check "which writes a docker-archive with the image's name" equal \
  "$(tar -xOf "$work/archive.tar" manifest.json | jq -r '.[0].RepoTags[0]' | sed 's,^docker.io/,,')" team/a:1
