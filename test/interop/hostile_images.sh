#!/usr/bin/env bash
# Descriptions and manifests made to do harm: every command that reads one ends with an error that names it, within 5 seconds
# and 320 MiB, and has written nothing. (Keys given twice are no harm: the last one counts, as in Go.)
. "$(dirname "$0")/common.inc"
need python3
ulimit -s 512 # no more stack than a thread of macOS has

cd "$work"
mkdir there temporary
python3 "$here/hostile_files.py"
echo '{}' >object
echo '[]' >list
touch err
start_n2c_registry
export TMPDIR=$work/temporary DOCKER_HOST=unix://$work/none

refused() { # refused KINDS NAME [WORD]: by every command of these kinds, naming the file, or WORD
  python3 "$here/refusals.py" "$N2C" "$registry" "$@"
}
named() { find "$1" -mindepth 1 -maxdepth 1 ! -name '*.layers' | sed 's/\.json$//' | sort; }
mapfile -t described < <(named described)
mapfile -t opened < <(named opened)
mapfile -t lacking < <(named lacking)
mapfile -t stored < <(named stored)
mapfile -t manifests < <(named manifests)

echo "--- image.json and layers.json"
for name in "${described[@]}"; do
  check "${name#*/}: refused by every command that reads it" refused "put hold look image layers parents" "$name"
done
check "a million paths in 3 MB: refused in bounded memory" refused "few layers" "a million paths"
check "half a million labels in 18 MB: refused in bounded memory" refused few "half a million labels"
for name in "a string of 100 MB" "100 MB of numbers" "arrays 100000 deep" "objects 100000 deep" "bytes that are no JSON"; do
  check "$name: refused as a closure graph, rewrites, perms, a history, a config and a manifest" refused "lists objects" "described/$name"
done

echo "--- layers that they name"
for name in "${opened[@]}"; do check "${name#*/}: refused by every command that opens or shows it" refused "put hold look" "$name"; done
for name in "${lacking[@]}"; do check "${name#*/}: refused by every command that opens it" refused "put hold" "$name"; done
for name in "${stored[@]}"; do check "${name#*/}: refused by every command that opens it" refused put "$name" secret /dev/zero; done
passed_on() { (cd there && "$N2C" image out ../object "../opened/$1.layers" 2>../err && mv out ../passed.json); }
for name in "a device" "a FIFO"; do
  check "$name: described by image, which opens nothing" passed_on "$name"
  check "and refused in what it wrote" refused "put hold" passed
done

echo "--- manifests"
for name in "${manifests[@]}"; do check "${name#*/}: refused in folders, layouts and archives" refused "dir oci index archive docker" "$name"; done
for name in device loop fifo; do check "a $name in the place of manifest.json: refused" refused folder "$name"; done
check "and nothing was sent to the registry" test -z "$(grep -E 'PUT .*/manifests/.* 201 ' serve.log)"
