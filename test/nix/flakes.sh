#!/usr/bin/env bash
# What public flakes rely on, each as a small expression (docs/moving-from-nix2container.md names them).
. "$(dirname "$0")/own_store.inc"

with="with import $tests { program = \"$N2C\"; }; with nix2container; let lib = pkgs.lib; in"
json() { nix-instantiate --eval --strict --json --read-write-mode -E "$with $1" 2> "$work/eval.log" || { cat "$work/eval.log"; return 1; }; }
made() { nix-build --no-out-link -E "$with $1" 2> "$work/build.log" || { cat "$work/build.log"; return 1; }; }
layers() { jq -c '[.layers[].digest]' "$1"; }

# -- where things are
check "import ./. takes pkgs" equal "$(nix-instantiate --eval --json --strict -E "
  builtins.attrNames (import $root { pkgs = import $tests/pkgs.nix { }; })")" \
  '["n2c","nix2container","nix2container-bin","skopeo-nix2container"]'
for system in x86_64-linux aarch64-linux; do
  check "import ./. takes a system, of <nixpkgs>: $system" equal "$(NIX_PATH=nixpkgs=$tests/pkgs.nix nix-instantiate --eval --json --strict -E "
    let all = import $root { system = \"$system\"; };
    in [ all.n2c.system (all.nix2container.buildImage { name = \"a\"; }).system all.nix2container-bin.system ]")" \
    "[\"$system\",\"$system\",\"$system\"]"
done
check "import ./. takes both" equal "$(nix-instantiate --eval --json --strict -E "
  (import $root { system = \"x86_64-linux\"; pkgs = import $tests/pkgs.nix { system = \"aarch64-linux\"; }; }).n2c.system")" '"aarch64-linux"'
check "the arguments of a function are known" equal \
  "$(json 'map (f: (builtins.functionArgs f)) [ pullImage ]')" \
  '[{"arch":true,"imageDigest":false,"imageName":false,"name":true,"os":true,"sha256":false,"tlsVerify":true}]'
check "a wrapper passes on those that there are" equal \
  "$(json '(buildImage (builtins.intersectAttrs (builtins.functionArgs buildImage) { name = "a"; tag = "1"; mine = 2; })).imageTag')" '"1"'

# -- the package and the images as derivations
check "the program has its meta, version, override and overrideAttrs" equal "$(json '
  let n2c = (import '"$root/nix"' { inherit pkgs; }).nix2container-bin;
  in [ n2c.meta.mainProgram (n2c.meta ? description) (n2c.version == (builtins.parseDrvName n2c.name).version)
       (n2c.override { curl = pkgs.hello; } ? outPath) (builtins.parseDrvName (n2c.overrideAttrs (_: { pname = "other"; })).name).name ]')" \
  '["n2c",true,true,true,"other"]'
check "so has skopeo-nix2container" equal "$(json '
  [ skopeo-nix2container.meta.mainProgram (skopeo-nix2container.meta ? description) (skopeo-nix2container ? version)
    (skopeo-nix2container.override { } == skopeo-nix2container) (skopeo-nix2container.overrideAttrs (_: { name = "other"; })).name
    (builtins.fromJSON (builtins.readFile skopeo-nix2container.policy)).default ]')" \
  '["skopeo",true,true,true,"other",[{"type":"insecureAcceptAnything"}]]'
check "an image has its configuration, and what passthru gives it" equal "$(json '
  let image = buildImage { name = "a"; config.Cmd = [ "b" ]; labels.c = "d"; passthru.mine = 1; meta.description = "e"; };
  in [ image.config image.passthru.config.Cmd image.mine image.passthru.mine image.passthru.imageName image.meta.description ]')" \
  '[{"Cmd":["b"],"Labels":{"c":"d"}},["b"],1,1,"a","e"]'
check "override makes it of other arguments" equal "$(json '
  let image = buildImage { name = "a"; tag = "1"; config.Cmd = [ "b" ]; };
      other = image.override { tag = "2"; };
      third = other.override (old: { name = old.name + "b"; });
  in [ other.imageTag other.config.Cmd third.imageName third.imageTag ]')" '["2",["b"],"ab","2"]'
check "after overrideAttrs its tag and its commands are its own" equal "$(json '
  let image = buildImage { name = "a"; };
      other = image.overrideAttrs (old: { name = "b"; passthru = old.passthru // { mine = 1; }; });
  in [ (other.imageTag == builtins.substring 11 32 other.outPath) (builtins.length (builtins.split (builtins.unsafeDiscardStringContext "${other} ") other.push.text) > 1)
       other.mine (other.overrideAttrs (_: { name = "c"; })).name ]')" '[true,true,1,"c"]'

# -- arguments
check "fromImage = \"\" and null are no base, and the image says what it was given" equal "$(json '
  let image = fromImage: buildImage { name = "a"; inherit fromImage; };
  in [ ((image "").drvPath == (buildImage { name = "a"; }).drvPath) ((image null).drvPath == (image "").drvPath)
       (image "").fromImage (buildImage { name = "a"; }).passthru.fromImage ((image (image "")).fromImage == image "") ]')" \
  '[true,true,"","",true]'
check "tag = \"\" is an empty tag, and the image's own commands go without" equal "$(json '
  let image = buildImage { name = "a"; tag = ""; };
  in [ image.imageTag image.imageRefUnsafe (builtins.length (builtins.split " --own-name a " image.push.text) > 1) ]')" '["","a:",true]'
check "perms = [ { } ] and keys that mean nothing change no layer" equal \
  "$(layers "$(made 'buildImage { name = "a"; copyToRoot = pkgs.hello; perms = [ { } { path = pkgs.hello; regex = "/bin/"; mode = "0500"; recursive = true; } ]; }')")" \
  "$(layers "$(made 'buildImage { name = "a"; copyToRoot = pkgs.hello; perms = [ { path = pkgs.hello; regex = "/bin/"; mode = "0500"; } ]; }')")"
paths() { jq -r '.[].paths[]?.path' "$1/layers.json" | sed 's/.*-//' | sort | xargs; }
check "ignore takes a list" equal "$(paths "$(made '
  let a = pkgs.writeText "a" "a"; b = pkgs.writeText "b" "b"; in buildLayer { deps = [ a b pkgs.hello ]; ignore = [ a b ]; }')")" "busybox hello"
check "and one path, and none" equal "$(paths "$(made 'let a = pkgs.writeText "a" "a"; in buildLayer { deps = [ a pkgs.hello ]; ignore = a; }')")" "busybox hello"

# -- the database
cat > "$work/database.nix" <<NIX
$with
let
  root = pkgs.writeTextDir "etc/motd" "a root";
  user = pkgs.writeText "user" "needs \${root}";
  other = pkgs.writeTextDir "etc/issue" "another root";
in buildImage {
  name = "a";
  initializeNixDatabase = true;
  copyToRoot = [ root ];
  config.Cmd = [ "\${pkgs.hello}/bin/hello" ];
  layers = [ (buildLayer { deps = [ user ]; }) (buildLayer { copyToRoot = [ other root ]; }) ];
}
NIX
image=$(nix-build --no-out-link "$work/database.nix" 2> "$work/build.log") || fail "the image with a database: $(cat "$work/build.log")"
database=$(jq -r '.layers[].paths[]?.path' "$image" | grep -- '-nix-database$')
registered() { sqlite3 "$database/nix/var/nix/db/db.sqlite" "select $1 from ValidPaths order by 1"; }
check "a root that another layer needs, and roots of layers: all paths are registered, and neither configuration nor layers" equal \
  "$(registered path | sed 's,/nix/store/[^-]*-,,' | sort | xargs)" "busybox hello issue motd user"
check "with what they need" equal "$(sqlite3 "$database/nix/var/nix/db/db.sqlite" \
  "select a.path, b.path from Refs join ValidPaths a on a.id = referrer join ValidPaths b on b.id = reference where a.path like '%-user'" |
  sed 's,/nix/store/[^-]*-,,g')" "user|motd"
check "at no time" equal "$(registered 'distinct registrationTime')" 0
check "there is a garbage collector's root for each, and nothing else in the state" equal \
  "$(cd "$database" && find . -type f -o -type l | sed 's,docker/[^-]*-,docker/,' | sort | xargs)" \
  "./nix/var/nix/db/db.sqlite ./nix/var/nix/gcroots/docker/busybox ./nix/var/nix/gcroots/docker/hello ./nix/var/nix/gcroots/docker/issue ./nix/var/nix/gcroots/docker/motd ./nix/var/nix/gcroots/docker/user"

# -- pushing under its own name
start_n2c_registry --memory
push=$(made "(buildImage { name = \"$registry/Team/app\"; tag = \"1\"; config.Cmd = [ \"/bin/true\" ]; copyToRoot = pkgs.writeTextDir \"a\" \"a\"; }).push")/bin/push
"$push" --dry-run > "$work/push.log" 2>&1 || fail "push --dry-run: $(cat "$work/push.log")"
check "push --dry-run says what would go to the image's own name" grep -q '^layer 1 .*: send' "$work/push.log"
tags() { curl -sf "http://$registry/v2/$1/tags/list" | jq -c .tags; }
check "and sends nothing" equal "$(tags team/app)" ""
"$push" --digest-file "$work/digest" --creds a:b > "$work/push.log" 2>&1 || fail "push with options only: $(cat "$work/push.log")"
check "options alone, with values too: it goes to the image's own name" equal "$(tags team/app)" '["1"]'
"$push" > "$work/push.log" 2>&1 || fail "push: $(cat "$work/push.log")"
check "nothing at all: the same" grep -q "pushed $registry/team/app:1 .* 0 sent" "$work/push.log"
"$push" --quiet "$registry/other:2" --format docker > "$work/push.log" 2>&1 || fail "push elsewhere: $(cat "$work/push.log")"
check "a reference among options is where it goes" equal "$(tags other)$(tags team/app)" '["2"]["1"]'
push=$(made "(buildIndex { name = \"$registry/index\"; tag = \"1\"; images = map (arch: buildImage { name = \"a\"; inherit arch; }) [ \"amd64\" \"arm64\" ]; }).push")/bin/push
"$push" --digest-file "$work/digest" > "$work/push.log" 2>&1 || fail "push an index: $(cat "$work/push.log")"
"$push" --quiet "$registry/index:2" > "$work/push.log" 2>&1 || fail "push an index elsewhere: $(cat "$work/push.log")"
check "an index alike" equal "$(tags index)" '["1","2"]'
push=$(made "(pushAll { registry = \"$registry/all\"; images = map (name: buildImage { inherit name; tag = \"1\"; }) [ \"a\" \"b\" ]; }).push")/bin/push
"$push" --quiet > "$work/push.log" 2>&1 || fail "push several images: $(cat "$work/push.log")"
push=$(made "(buildImage { name = \"$registry/indexed\"; tag = \"1\"; layerIndex = true; copyToRoot = pkgs.writeTextDir \"a\" \"a\"; }).push")/bin/push
"$push" --quiet > "$work/push.log" 2>&1 || fail "push with a layer index: $(cat "$work/push.log")"
check "layerIndex keeps one in the repository" equal "$(tags indexed)" '["1","n2c-layer-index"]'
check "several images each to its own name" equal "$(tags all/a)$(tags all/b)" '["1"]["1"]'

# -- layers on layers
cat > "$work/chain.nix" <<NIX
$with
let
  path = i: builtins.toFile "path-\${toString i}" "of layer \${toString i}";
  links = count: f: builtins.foldl' f [ ] (builtins.genList (i: i) count);
  # Each on the one before, and each on all before.
  chained = count: links count (before: i: [ (buildLayer { deps = [ (path i) ]; layers = before; }) ]);
  folded = count: links count (before: i: before ++ [ (buildLayer { deps = [ (path i) ]; layers = before; }) ]);
  image = layers: buildImage { name = "a"; tag = "1"; inherit layers; config.Cmd = [ pkgs.hello ]; };
in {
  chained = image (chained 200);
  folded = image (folded 200);
  # As the layers were put together before each of them was named once.
  nested = map (layer: layer.outPath) (builtins.elemAt (folded 8) 7).nestedLayers;
  expected = let all = map (layer: layer.outPath) (folded 8); in builtins.genList (builtins.elemAt all) 7;
  few = [ (image (folded 8)) (image (chained 8)) ];
}
NIX
check "a layer names those below it once, in the order in which they come first" equal \
  "$(nix-instantiate --eval --strict --json "$work/chain.nix" -A nested)" "$(nix-instantiate --eval --strict --json "$work/chain.nix" -A expected)"
mapfile -t few < <(nix-build --no-out-link "$work/chain.nix" -A few 2> "$work/build.log")
check "each on all before, or on the one before: the layers are the same" equal "$(layers "${few[0]}")" "$(layers "${few[1]}")"
for form in chained folded; do
  began=$(date +%s%N)
  drv=$(nix-instantiate "$work/chain.nix" -A $form 2> "$work/eval.log") || fail "200 layers ($form): $(tail -n 5 "$work/eval.log")"
  took=$((($(date +%s%N) - began) / 1000000))
  check "200 layers, $form: evaluated in $took ms" test $took -lt 120000
done
command=$(nix --extra-experimental-features nix-command show-derivation "$drv" | jq -r '.. | objects | .args? // empty | .[-1]' | grep 'n2c image ')
check "the image's command line has ${#command} bytes: each layer once" equal \
  "$(tr ' ' '\n' <<< "$command" | grep -c /layers.json) $(tr ' ' '\n' <<< "$command" | grep /layers.json | sort -u | wc -l)" "201 201"
began=$SECONDS
image=$(nix-build --no-out-link "$work/chain.nix" -A chained 2> "$work/build.log") || fail "200 layers: $(tail -n 5 "$work/build.log")"
check "200 layers are built, in $((SECONDS - began)) s" equal "$(jq '.layers | length' "$image")" 201
