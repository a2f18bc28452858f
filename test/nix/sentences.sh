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
  "nix2container.buildImage: it has no argument 'cmd'; it takes annotations, arch, "
says "an argument in other capitals" 'buildImage { name = "a"; maxlayers = 3; }' \
  "nix2container.buildImage: it has no argument 'maxlayers'; did you mean 'maxLayers'?"
says "an argument that is missing" 'buildImage { }' "nix2container.buildImage: the argument 'name' is required"
says "something that is not a set" 'buildImage "a"' \
  "nix2container.buildImage: it takes an attribute set, and got the string 'a'"
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
says "a permission without its path" 'buildLayer { perms = [ { mode = "0644"; } ]; }' \
  "nix2container.buildLayer: 'perms' holds an attribute set; each element is { path = a store path;"
says "an excluded part that is a whole path" 'buildLayer { excludes = [ { path = pkgs.hello; excludes = [ "/share" ]; } ]; }' \
  "nix2container.buildLayer: 'excludes' names folders and files inside the store path, such as \"share/doc\""
says "a label that is a number" 'buildImage { name = "a"; labels.version = 1; }' \
  "nix2container.buildImage (image 'a'): 'labels.\"version\"' must be a string, and is the number 1"
says "an annotation that is none" 'buildImage { name = "a"; annotations = "b"; }' \
  "nix2container.buildImage (image 'a'): 'annotations' must be an attribute set, and is the string 'b'"
says "an image of this moment" 'buildImage { name = "a"; created = "now"; }' \
  "nix2container.buildImage (image 'a'): 'created' is \"now\", which gives another image at each build"
says "nothing to merge with" 'buildImage { name = "a"; mergeBaseConfig = true; }' \
  "nix2container.buildImage (image 'a'): 'mergeBaseConfig' needs a 'fromImage' to merge"
echo '{"manifests": []}' > "$work/index.json"
says "a manifest of many platforms" "pullImageFromManifest { imageName = \"a\"; imageManifest = $work/index.json; }" \
  "nix2container.pullImageFromManifest (a): 'imageManifest' is an index of several platforms; the passthru getManifest prints"
says "no manifest yet" 'pullImageFromManifest { imageName = "a"; }' \
  "nix2container.pullImageFromManifest (a): 'imageManifest' is missing; nix run the passthru getManifest to print it"
says "two images for one processor" \
  'buildIndex { name = "a"; images = [ (buildImage { name = "a"; }) (buildImage { name = "b"; }) ]; }' \
  "nix2container.buildIndex (image 'a'): two of the 'images' are for the same architecture (amd64, amd64); set 'arch'"
says "an index of no images" 'buildIndex { name = "a"; images = [ ]; }' \
  "nix2container.buildIndex (image 'a'): 'images' is empty"

warns "contents alone still works, and says what it is called now" 'buildImage { name = "a"; contents = [ pkgs.hello ]; }' \
  "nix2container.buildImage: 'contents' is deprecated; write 'copyToRoot'"
plus='(pkgs.runCommand "gtk+-3.0" { } "mkdir $out")'
warns "a store path that will not move to the root is named" "buildLayer { copyToRoot = $plus; }" \
  "nix2container.buildLayer: /nix/store/"
