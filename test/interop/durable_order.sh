#!/usr/bin/env bash
# After a loss of power too, what is named is whole: a blob reaches the disk before it has its name, and all names do before
# index.json or manifest.json is there. Seen by strace; the disk itself is believed.
. "$(dirname "$0")/common.inc"
need python3 strace
strace -o /dev/null true 2> /dev/null || skip "strace may not trace here"
make_image 4
cd "$work"
start_n2c_registry --memory
"$N2C" push image.json "$registry/app:1" --store-root "$work" > push.log 2>&1 || fail "push: $(cat push.log)"

is_in_order() { # is_in_order TRACE NAME FOLDER
  python3 - "$@" << 'END'
import re
import sys

trace, named_last, folder = sys.argv[1:]
begun, events = {}, []
for line in open(trace):
    task, call = line.split(None, 1)
    if '<unfinished' in call:
        begun[task] = call
        continue
    if 'resumed>' in call:
        call = begun.pop(task, '') + call
    if re.search(r'= 0\s*$', call):
        events.append((task, call))
named = [i for i, (_, call) in enumerate(events) if call.startswith('linkat') and f'/{named_last}"' in call]
blobs = [i for i, (_, call) in enumerate(events) if call.startswith('linkat') and re.search(r'/[0-9a-f]{64}"', call)]
folders = [i for i, (_, call) in enumerate(events) if re.match(rf'fsync\(\d+<[^>]*/{folder}>\)', call)]
assert len(named) == 1 and len(blobs) >= 5, (len(named), len(blobs))
for i in blobs:
    task, call = events[i]
    number = re.search(r'/proc/self/fd/(\d+)', call).group(1)
    before = [c for t, c in events[:i] if t == task]
    assert before and before[-1].startswith(f'fsync({number}<'), f'named before it was on the disk: {call}'
after = [i for i in folders if blobs[-1] < i < named[0]]
assert after, 'the names were not on the disk when they were told of'
waits = sum(call.startswith('fsync') for _, call in events)
assert waits <= len(blobs) + 6, f'{waits} waits for {len(blobs)} files'
END
}
traced() { strace -f -y -e trace=fsync,linkat -o "$@" > traced.log 2>&1 || fail "$(cat traced.log)"; }
traced copied "$N2C" copy "docker://$registry/app:1" oci:layout:1
check "a layout's blobs are on the disk before index.json names them" is_in_order copied index.json blobs/sha256
traced dir "$N2C" copy "docker://$registry/app:1" dir:folder
check "so are those of a dir: folder before manifest.json" is_in_order dir manifest.json folder
traced pulled "$N2C" pull "$registry/app:1" base
check "and of a pull" is_in_order pulled manifest.json base
