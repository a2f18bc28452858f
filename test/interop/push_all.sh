#!/usr/bin/env bash
# Several images in one push: what they share is sent once and mounted, each is whole or not there, and one that fails
# stops no other.
. "$(dirname "$0")/common.inc"
need python3 jq
make_image 6
cd "$work"
start_n2c_registry --memory
# Three images: the first lacks the last layer, the second the first one, the third is the whole.
jq '.layers |= .[:-1]' image.json > first.json
jq '.layers |= .[1:]' image.json > second.json
cp image.json third.json
layers=$(jq '.layers | length' image.json)

cat > list << END
# what goes where
first.json $registry/one/app:1
second.json   $registry/two/app:1   # the name's end

third.json	$registry/three
END
"$N2C" push --all list --store-root "$work" > pushed 2> push.log || fail "push --all: $(cat push.log)"
check "each image has a line with its digest" equal "$(grep -cx "$registry/[a-z]*\(/app\)\{0,1\}:[a-z0-9]*@sha256:[0-9a-f]\{64\}" pushed)" 3
check "and nothing else is on standard output" equal "$(wc -l < pushed)" 3
check "what the second lacks is sent, and nothing else" grep -q "two/app:1 .* $((layers - 2)) mounted, 1 sent" push.log
check "nothing of the third is sent" grep -q "three:latest .* $layers mounted, 0 sent" push.log
for name in one/app:1 two/app:1 three:latest; do
  "$N2C" copy "docker://$registry/$name" "oci:$work/copied:$(basename "${name%:*}")" > copy.log 2>&1 || fail "$name is not whole"
  "$N2C" digest "$registry/$name" > digest
  check "$name is whole, and what its line says" grep -qx "$registry/$name@$(cat digest)" pushed
done
"$N2C" push --all list --store-root "$work" > result 2> again
check "again, nothing is sent" equal "$(grep -c " 0 sent" again)" 3

echo '{' > broken.json
cat > list << END
broken.json $registry/four:1
missing.json $registry/five:1
third.json $registry/six:1
END
code=0
"$N2C" push --all list --store-root "$work" > pushed 2> push.log || code=$?
check "an image that fails gives the exit code" equal "$code" 3
check "it is named, and so is the next" equal "$(grep -c "^n2c: .*/\(four\|five\):1: " push.log)" 2
check "how many failed is said last" equal "$(tail -n 1 push.log)" "n2c: 2 of 3 images were not pushed"
check "the last image is there all the same" test -n "$("$N2C" digest "$registry/six:1")"
if "$N2C" digest "$registry/four:1" > /dev/null 2>&1; then fail "a part of a failed image is there"; fi

mkdir folder
cp first.json second.json folder/
sed -i "s|\"\\./|\"$work/|" folder/*.json
"$N2C" push --all folder "$registry/team:7" --store-root "$work" > pushed 2> push.log || fail "push --all DIR: $(cat push.log)"
check "a folder's images go below the destination" test -n "$("$N2C" digest "$registry/team/first:7")"
check "under their names and its tag" test -n "$("$N2C" digest "$registry/team/second:7")"

for line in "third.json" "third.json oci:layout" "third.json $registry/a:1
first.json $registry/a:1"; do
  echo "$line" > list
  code=0
  "$N2C" push --all list --store-root "$work" > pushed 2> push.log || code=$?
  check "a list that cannot be meant is refused: $(tr '\n' ' ' < list)" equal "$code" 3
done
code=0
"$N2C" push --all folder --store-root "$work" > pushed 2> push.log || code=$?
check "a folder without a destination is refused" equal "$code" 2

# Two images that have nothing in common are pushed side by side.
jq '.layers |= .[:2]' image.json > left.json
jq '.layers |= .[2:4]' image.json > right.json
cat > list << END
left.json $registry/side/left:1
right.json $registry/side/right:1
END
start_n2c_registry --memory
sed -i "s|[^ ]*/side|$registry/side|" list
"$N2C" push --all list --store-root "$work" > pushed 2> push.log || fail "push --all: $(cat push.log)"
check "a log has a line when images side by side begin to be sent" equal "$(grep -c "^n2c: sending 4 layers, " push.log)" 1
check "and one for each that is there" equal "$(grep -c "^pushed .*/side/\(left\|right\):1 @sha256:.* 2 sent" push.log)" 2
"$N2C" push --all list --store-root "$work" > pushed 2> push.log || fail "push --all, again: $(cat push.log)"
check "no line when all is there already" equal "$(grep -c "sending" push.log || true)" 0
"$N2C" push --all list --store-root "$work" -q > pushed 2> push.log || fail "push --all -q: $(cat push.log)"
check "-q leaves what was asked for" equal "$(wc -l < pushed) $(wc -l < push.log)" "2 0"

# One image cannot be read to its end: what it alone had to send leaves the total.
start_n2c_registry --memory
jq '.layers |= .[2:4] | ("sha256:" + ("0" * 64)) as $other | .layers[1] |= (.digest = $other | .diff_ids = $other)' image.json > spoilt.json
cat > list << END
left.json $registry/part/left:1
spoilt.json $registry/part/spoilt:1
END
code=0
"$N2C" push --all list --store-root "$work" --progress json > pushed 2> push.log || code=$?
check "an image whose layer is another fails" test "$code" -ne 0
check "and the other is there" equal "$(grep -c "part/left:1@sha256:" pushed)" 1
grep '^{' push.log | jq -s . > told
check "the last that is told is of the layers that could be sent" equal "$(jq -c '.[-1] | [.percent, .done == .blobs, .blobs < 4, .sent == .total]' told)" '[100,true,true,true]'
check "percent never falls" equal "$(jq '[.[].percent] | . == sort' told)" true
