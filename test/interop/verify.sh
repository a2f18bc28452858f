#!/usr/bin/env bash
# n2c verify: says that an image at a registry is what was described, or the first layer, path and file that is not and why.
. "$(dirname "$0")/common.inc"
need jq
cd "$work"
store=$work/nix/store
a=$(printf 'a%.0s' {1..32}) b=$(printf 'b%.0s' {1..32}) c=$(printf 'c%.0s' {1..32})
mkdir -p "$store/$a-tool-1.0/bin" "$store/$b-data-2"
echo one > "$store/$a-tool-1.0/bin/run"
echo data > "$store/$b-data-2/file"
chmod 555 "$store/$a-tool-1.0/bin/run"
describe() { # describe NAME PATH...: NAME.json, a layer for each path
  local name=$1
  shift
  jq -n '[$ARGS.positional[] | {path: ., references: []}]' --args "$@" > graph.json
  jq -n '[$ARGS.positional[] | [.]]' --args "$@" > wanted.json
  "$N2C" layers-from-reproducible-storepaths layers.json graph.json --layers-json wanted.json --store-root "$work" 2> layers.log
  echo '{"Env": ["A=1"]}' > config.json
  "$N2C" image "$name.json" config.json layers.json 2>> layers.log
}
describe image "/nix/store/$a-tool-1.0" "/nix/store/$b-data-2"
start_n2c_registry --root "$work/registry"
push() { "$N2C" push "$1.json" "$registry/app:$1" --store-root "$work" -q "${@:2}" > /dev/null; }
verify() { "$N2C" verify image.json "$@" --store-root "${there:-$work}" 2>&1; }
push image
says() { # says WHAT SENTENCE VERIFY-ARGUMENTS...: it ends with exit code 7, and says so
  local what=$1 sentence=$2 said status=0
  shift 2
  said=$(verify "$@") || status=$?
  check "$what: exit code 7" equal "$status" 7
  [[ $said == *"$sentence"* ]] || fail "$what
  expected: $sentence
  found:    $said"
  echo "ok: $what: ${said#*: }"
}

check "what was pushed is what is described" grep -q "is what image.json describes: manifest, config and 2 layers$" <(verify "$registry/app:image")
check "each layer fetched too" grep -q "2 layers, each fetched and unpacked$" <(verify "$registry/app:image" --deep)
check "the store has it" grep -q "the store has what image.json describes: 2 layers" <(verify)

mkdir -p "$store/$c-tool-1.0/bin" && cp "$store/$a-tool-1.0/bin/run" "$store/$c-tool-1.0/bin/run"
describe rebuilt "/nix/store/$c-tool-1.0" "/nix/store/$b-data-2"
push rebuilt
says "a path of another build" "layer 1 of 2 (tool-1.0) is" "$registry/app:rebuilt"
says "and which" "/nix/store/$c-tool-1.0: it is of another build: /nix/store/$a-tool-1.0 should be here" "$registry/app:rebuilt"

describe shorter "/nix/store/$a-tool-1.0"
push shorter
says "a layer that is not there" "it has 1 layer, and should have 2" "$registry/app:shorter"

push image --label x=y -t labelled
says "another config" 'its config is another: config.Labels is {"x":"y"}, and should be not there' "$registry/app:labelled"

push image

# What is in the store is changed for an image, and put back.
chmod 444 "$store/$a-tool-1.0/bin/run"
says "the store has another mode" "layer 1 of 2 (tool-1.0): the tar of /nix/store/$a-tool-1.0: "
describe mode "/nix/store/$a-tool-1.0" "/nix/store/$b-data-2"
push mode
chmod 555 "$store/$a-tool-1.0/bin/run"
says "another mode" "/nix/store/$a-tool-1.0/bin/run: its mode is 0444, and should be 0555" "$registry/app:mode"
echo tada > "$store/$b-data-2/file"
describe content "/nix/store/$a-tool-1.0" "/nix/store/$b-data-2"
push content
echo data > "$store/$b-data-2/file"
says "another content" "layer 2 of 2 (data-2) is" "$registry/app:content"
says "and of which file" "/nix/store/$b-data-2/file: its content differs" "$registry/app:content"

# In folders and archives each layer is read, with --deep or without (#22).
push image
for form in oci dir oci-archive; do
  spoilt() { # spoilt WHAT SENTENCE: after `spoil FILE` of a layer's blob
    rm -rf copy copy.tar
    "$N2C" copy "$registry/app:image" oci:copy:1 -q > /dev/null
    local blob=copy/blobs/sha256/$(jq -r '.layers[1].digest' "copy/blobs/sha256/$("$N2C" digest oci:copy:1 | cut -d: -f2)" | cut -d: -f2)
    local place=$form:copy
    if [ "$form" = dir ]; then
      rm -rf copy && "$N2C" copy "$registry/app:image" dir:copy -q > /dev/null
      blob=copy/$(basename "$blob")
    fi
    [ -s "$blob" ] || fail "no $blob"
    spoil "$blob"
    if [ "$form" = oci-archive ]; then
      tar c -C copy -f copy.tar . && place=oci-archive:copy.tar
    fi
    [ -z "$2" ] && { check "$form: $1" grep -q "is what image.json describes" <(verify "$place"); return; }
    says "$form: $1" "$2" "$place"
  }
  spoil() { :; }
  spoilt "a layer that is whole" ""
  spoil() { rm "$1"; }
  spoilt "a layer that is gone" "layer 2 of 2 (data-2): "
  spoil() { truncate -s -1 "$1"; }
  spoilt "a layer that is cut off" "layer 2 of 2 (data-2): "
  spoil() { printf x | dd of="$1" bs=1 seek=12 conv=notrunc status=none; }
  spoilt "a layer with another byte" "layer 2 of 2 (data-2): "
done

mkdir "$work/none"
there=$work/none says "with the store gone, what can be told" "the file that differs is not known: " "$registry/app:content"

# A blob that is lost, and one whose bytes are not its own.
layer=$("$N2C" inspect "$registry/app:image" --raw | jq -r '.layers[1].digest')
file=$(find registry -name "${layer#sha256:}" -type f | head -n 1)
[ -n "$file" ] || fail "the registry keeps ${layer} elsewhere"
cp "$file" kept && chmod u+w "$file" && printf x | dd of="$file" bs=1 seek=20 conv=notrunc status=none
says "a blob with other bytes" "blob ${layer:0:19}…: " "$registry/app:image" --deep
mv "$file" lost
says "a blob that is lost" "layer 2 of 2 (data-2): the registry lacks its blob $layer" "$registry/app:image"
