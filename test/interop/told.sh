#!/usr/bin/env bash
# What a pipeline's page and a log get besides the result: --summary and $GITHUB_STEP_SUMMARY, the paths of a layer, what layers
# cost, and how far a push of several images came that is stopped.
. "$(dirname "$0")/common.inc"
need jq curl
make_image 6
cd "$work"
unset GITHUB_STEP_SUMMARY
layers=$(jq '.layers | length' image.json)
start_n2c_registry --memory

# row WHAT FILE: the second cell of that row of the last table
row() { sed -n "s/^| $1 | \(.*\) |\$/\1/p" "$2" | tail -n 1; }
echo "# My job" > page.md
"$N2C" push image.json "$registry/app:1" --store-root . --tag latest --summary page.md > result 2> push.log || fail "push: $(cat push.log)"
check "--summary appends: what was on the page stays" equal "$(head -n 1 page.md)" "# My job"
check "with a heading" grep -qx "### n2c push" page.md
check "the image, as the result has it" equal "$(row image page.md)" "\`$(cat result)\`"
check "the further tag" equal "$(row 'also as' page.md)" '`latest`'
sent=$(sed -n 's/.* : \(.*\), [0-9.]* m\{0,1\}s$/\1/p' push.log)
check "how much was sent, as the sentence has it" equal "$(row layers page.md)" "$sent"
check "which is all layers" grep -q "^0 layers already there, $layers sent (" <<< "$sent"
"$N2C" push image.json "$registry/app:2" --store-root . --summary page.md -q > result
check "a second result follows the first" equal "$(grep -c '^### n2c push$' page.md)" 2
check "with its own numbers" equal "$(row layers page.md)" "$layers layers already there, 0 sent (0 B)"
python3 - page.md << 'PYTHON'
import re, sys
blocks = re.findall(r'(?:^\|.*\n)+', open(sys.argv[1], encoding='utf-8').read(), re.M)
rows = [re.findall(r'(?<!\\)\|', line) for block in blocks for line in block.splitlines()]
assert len(blocks) == 2 and all(len(row) == 3 for row in rows), blocks
print('ok: it is Markdown: two tables of two columns each')
PYTHON

export GITHUB_STEP_SUMMARY=$work/step.md
"$N2C" copy "docker://$registry/app:1" oci:copied:1 > result 2> copy.log || fail "copy: $(cat copy.log)"
check "GITHUB_STEP_SUMMARY gets it without an option" equal "$(row image step.md)" "\`$(cat result)\`"
check "and counts blobs where the sentence does" grep -q "^| blobs | 0 blobs already there, $((layers + 1)) sent (" step.md
"$N2C" push image.json "$registry/app:3" --store-root . --summary named.md -q > result
check "--summary is in its place" equal "$(grep -c '^### ' named.md step.md | paste -sd ' ')" "named.md:1 step.md:1"
GITHUB_STEP_SUMMARY=$work/none/step.md "$N2C" push image.json "$registry/app:4" --store-root . > result 2> push.log
check "a page that cannot be written is said, and the push is none the worse for it" \
  grep -q '^n2c: \$GITHUB_STEP_SUMMARY: .*none/step.md' push.log
check "the result is there" grep -q "^$registry/app:4@sha256:" result
code=0
"$N2C" push image.json "$registry/app:5" --store-root . --summary none/page.md > result 2> push.log || code=$?
check "--summary that cannot be written is a failure" equal "$code" 8
check "which names the option" grep -q '^n2c: --summary: ' push.log
check "before anything is pushed" equal "$("$N2C" tags "$registry/app" | grep -cx 5)" 0
cp page.md before.md
"$N2C" push image.json "$registry/app:6" --store-root /nowhere --summary page.md > result 2> push.log && fail "a store that is not there"
check "what failed is not on the page" cmp -s page.md before.md

# The largest first, each with its size; the same paths as in the description.
for layer in 1 "$layers"; do
  "$N2C" inspect image.json --layer "$layer" --store-root . > listed
  jq -r ".layers[$layer - 1].paths[].path" image.json | sort > described
  check "inspect --layer $layer lists its paths" cmp -s <(sed 's/^.\{12\}//' listed | sort) described
  check "with a size in front of each" equal "$(grep -Ec '^ *[0-9.]+ ([KM]i)?B  /nix/store/' listed)" "$(wc -l < described)"
  "$N2C" inspect image.json --layer "$layer" --store-root . --json > listed.json
  check "the largest first" equal "$(jq '.paths | map(.size) | . == (sort | reverse)' listed.json)" true
done
"$N2C" inspect image.json --layer 1 > listed
check "what is not on this machine says so" equal "$(grep -c '^  not here  /nix/store/' listed)" "$(jq '.layers[0].paths | length' image.json)"
"$N2C" inspect image.json --layer $((layers + 1)) > listed 2> inspect.log && fail "a layer that is not there"
check "a layer that is not there is told with how many there are" grep -q "there is no layer $((layers + 1)): image.json has $layers" inspect.log

# More than a hundred layers: for each image of an index, by name.
mkdir -p many/nix/store
for i in $(seq 101); do
  echo "$i" > "many/nix/store/$(printf %032d "$i")-p"
  echo "{\"path\": \"/nix/store/$(printf %032d "$i")-p\", \"references\": []}"
done | jq -s . > many/graph.json
"$N2C" layers-from-reproducible-storepaths many/layers.json many/graph.json --max-layers 101 --store-root many 2> many.log
"$N2C" image many/image.json config.json many/layers.json 2> many.log
"$N2C" index many/image.json "$registry/many:1" --store-root many > result 2> index.log || fail "index: $(cat index.log)"
check "index says what the layers of an image cost" grep -q '^n2c: many/image.json: 101 layers: ' index.log
"$N2C" push --index many/image.json "$registry/many:2" --store-root many > result 2> index.log || fail "push --index: $(cat index.log)"
check "push --index too" grep -q '^n2c: many/image.json: 101 layers: ' index.log
"$N2C" push many/image.json "$registry/many:3" --store-root many > result 2> push.log
check "push of the only image does without its name" grep -q '^n2c: 101 layers: ' push.log
# A server that takes connections and says nothing: what waits for it is stopped.
cat > silent.py << 'PYTHON'
import socket, sys
listening = socket.create_server(('127.0.0.1', 0))
open(sys.argv[1], 'w').write(str(listening.getsockname()[1]))
held = []
while True:
    held.append(listening.accept())
    print('taken', flush=True)
PYTHON
start silent python3 silent.py "$work/silent-port"
wait_for 20 test -s silent-port
silent=127.0.0.1:$(cat silent-port)
# stop_waiting LOG: ends the command that was started last, once it waits for the server
stop_waiting() {
  wait_for 20 grep -aq taken silent.log
  kill "$last"
  code=0
  wait "$last" || code=$?
  check "a command that is stopped ends with 130" equal "$code" 130
  : > silent.log
}
printf '%s\n' "image.json $registry/all:1" "image.json $silent/all:2" > list
start all "$N2C" push --all list --store-root .
wait_for 20 grep -q '^pushed ' all.log
stop_waiting
check "push --all says how many images are there" grep -Eq '^n2c: stopped after [0-9.]+ s: 1 of 2 images are there; run again to go on$' all.log
start attach "$N2C" attach "$silent/app:1" config.json --type application/json
stop_waiting
check "attach says that nothing is" grep -Eq '^n2c: .*stopped after [0-9.]+ s \(asking for the image\): nothing was attached$' attach.log
start pull "$N2C" pull "$silent/app:1" pulled
stop_waiting
check "pull says that nothing is" grep -Eq '^n2c: .*stopped after [0-9.]+ s \(asking for the image\): nothing was kept$' pull.log
echo "all checks passed"
