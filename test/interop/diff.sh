#!/usr/bin/env bash
# n2c diff says what a push of the new image sends where the old one is: an image.json or a registry's image against each other.
. "$(dirname "$0")/common.inc"
. "$here/engines.inc"
need jq
cd "$work"
make_two_images
start_n2c_registry --memory
diff_of() { "$N2C" diff "$@" --store-root "$work"; }
"$N2C" push image.json "$registry/app:1" --store-root "$work" -q >/dev/null

diff_of image.json image.json > same
check "an image and itself: nothing to send" equal "$(cat same)" "nothing to send: both have the same $layers layers"
diff_of image.json changed.json > said
check "one changed path: its layer is to be sent" grep -q "^1 of $layers layers to send, .* before compression; $((layers - 1)) unchanged$" said
check "and what came and went in it is named" equal "$(grep -oE '^(came|went|changed) .*' said | tr -s ' ' | cut -d' ' -f1,6-)" \
  "$(printf 'came new\nwent old')"
diff_of image.json changed.json --json > json
check "as JSON" equal "$(jq -c '[.schema, (.new_layers | length), [.paths[].change]]' json)" '["n2c.diff/1",1,["came","went"]]'
"$N2C" diff image.json changed.json --store-root "$work" --map map.svg >/dev/null
"$N2C" inspect image.json --store-root "$work" --map image.svg >/dev/null
for picture in map image; do
  check "$picture.svg is a picture with a tooltip for a path of each layer" python3 - $picture.svg "$layers" << 'PYTHON'
import re
import sys
import xml.etree.ElementTree as tree
titles = [one.text for one in tree.parse(sys.argv[1]).getroot().iter('{http://www.w3.org/2000/svg}title')]
layers = {int(number) for title in titles for number in re.findall(r'layer (\d+)', title)}
assert layers == set(range(1, int(sys.argv[2]) + 1)), titles
PYTHON
done
check "the headline of an image's picture has its numbers" \
  grep -qE ">image.json: [0-9.]+ [KM]?i?B in $layers layers, [0-9]+ store paths</text>" image.svg
check "the headline of a change's picture has what is to be sent" \
  grep -qE ">image.json → changed.json: [0-9.]+ [KM]?i?B of [0-9.]+ [KM]?i?B to send \(1 of $layers layers\)</text>" map.svg
check "and the line below it what changed" grep -qE '>changed: new-?.* \([0-9.]+ [KM]?i?B\)' map.svg
for old in image.json "$registry/app:1"; do
  check "against $old: the layers that a push then sends" equal \
    "$(diff_of "$old" changed.json --json | jq '.new_layers | length')" 1
done
uploads() { grep -c 'PUT /v2/app/blobs/uploads/' serve.log; }
before=$(uploads)
"$N2C" push changed.json "$registry/app:2" --store-root "$work" -q >/dev/null
check "a push sends that one, and the config" equal "$(($(uploads) - before))" 2
check "two images of a registry" equal "$(diff_of "$registry/app:1" "$registry/app:2" --json | jq '.new_layers | length')" 1
status=0
diff_of "$registry/app:1" "$registry/app:2" --creds a:b > said 2>&1 || status=$?
check "one login is not sent to two registries" equal "$status" 2
