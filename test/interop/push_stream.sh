#!/usr/bin/env bash
# An archive that comes through a pipe, layers first and manifest last, is pushed while it passes: no file is made, little memory is
# held, a second push sends nothing, and what was cut is tagged nowhere.
#
#   STREAM_MIB=70 push_stream.sh N2C     another size than 700 MB
. "$(dirname "$0")/common.inc"
need python3
cd "$work"
mib=${STREAM_MIB:-668} # 700 MB
stream() { python3 "$here/streamed_image.py" "$@"; }
# lean_push SOURCE REFERENCE: what it prints, in $work/said, and the most memory behind it; fails where that was 64 MiB or more.
# It may write no file longer than a MiB, temporary ones and those without a name too.
lean_push() {
  ulimit -f 1024
  # shellcheck disable=SC2016
  python3 "$here/peak_memory.py" --at-most 64 sh -c '"$0" push "$1" "$2" > result 2> said' "$N2C" "$@" > peak
}
pushed() { # pushed WHAT EXPECTED: the last push said so
  check "$1 ($(sed -n 's/.* : //p' said), $(cat peak) at most)" grep -q "$2" said
}
no_tag() { check "$1: no tag is there" equal "$("$N2C" tags "$registry/app" | grep -x "$2" || true)" ""; }

start_n2c_registry

echo "--- $mib MiB"
stream "$mib" 5 | (lean_push docker-archive:- "$registry/big:1") || fail "push: $(cat said)"
pushed "all layers are sent as they pass" "5 sent"
rm -rf "$XDG_CACHE_HOME"
stream "$mib" 5 | (lean_push docker-archive:/dev/stdin "$registry/big:1") || fail "push again: $(cat said)"
pushed "a second push, of a machine that knows nothing, sends nothing" "5 layers already there, 0 sent (0 B)"

echo "--- the same image as from a file"
stream 6 3 small > small.tar
"$N2C" push docker-archive:small.tar "$registry/app:file" --digest-file from-file > result
"$N2C" push docker-archive:- "$registry/app:piped" --digest-file from-pipe < small.tar > result
check "its digest is that of the archive in a file" cmp from-file from-pipe
gzip -1 < small.tar | "$N2C" push - "$registry/app:gzip" --digest-file from-gzip > result 2> said
check "a compressed archive too" cmp from-file from-gzip
check "nor does another tag send anything" grep -q "0 sent" said
for to in oci:layout:1 dir:folder; do
  "$N2C" copy - "$to" < small.tar > said || fail "copy to $to"
done
check "a layout gets the same manifest" equal "$("$N2C" digest oci:layout:1)" "$(cat from-file)"
check "what is asked about it is answered from the pipe" \
  equal "$("$N2C" inspect docker-archive:- --format '{{len .Layers}} {{.Architecture}}' < small.tar)" "3 amd64"
check "its digest, before it is pushed" equal "$("$N2C" digest - < small.tar)" "$(cat from-file)"
mkfifo fifo
cat small.tar > fifo &
check "a FIFO is read" "$N2C" push docker-archive:fifo:app:1 "$registry/app:fifo" --quiet

echo "--- what is wrong"
size=$(stat -c %s small.tar)
for cut in 0 700 100000 $((size / 2)) $((size - 12000)); do
  head -c "$cut" small.tar | "$N2C" push docker-archive:- "$registry/app:cut" > said 2>&1 && fail "pushed what was cut at $cut"
done
no_tag "cut anywhere" cut
python3 "$here/spoilt_archives.py" small.tar
for what in missing altered lying; do
  "$N2C" push docker-archive:- "$registry/app:$what" < $what.tar > said 2>&1 && fail "pushed: $what"
  tail -1 said
  no_tag "$what" "$what"
done
"$N2C" push docker-archive:- "$registry/other:1" < altered.tar > said 2>&1 && fail "pushed to another repository: altered"
(head -c 100000 small.tar; exec sleep 60) | "$N2C" push docker-archive:- "$registry/app:slow" > said 2>&1 &
started+=($!)

echo "--- SIGTERM"
ends() { # ends WHAT COMMAND...: ends the command, which waits, by SIGTERM, within three seconds
  local what=$1 status=0
  shift
  "$@" > said 2>&1 &
  local pid=$!
  # From when it has blocked SIGINT, SIGTERM and SIGUSR2 on, which is before it opens anything.
  wait_for 10 grep -q '^SigBlk:.*480[23]$' "/proc/$pid/status"
  kill -TERM $pid
  timeout 3 tail --pid=$pid -f /dev/null || { kill -KILL $pid; fail "$what: it did not end"; }
  wait $pid || status=$?
  check "$what ends, with 130" equal $status 130
}
rm fifo && mkfifo fifo
ends "a FIFO that is read, and to which nobody writes" "$N2C" push docker-archive:fifo "$registry/app:1"
ends "a FIFO that is written, and which nobody reads" "$N2C" copy "$registry/app:file" docker-archive:fifo
exec 8<> fifo
ends "a FIFO whose writer says nothing" "$N2C" push docker-archive:fifo "$registry/app:1"
ends "an image.json that does not come" "$N2C" push fifo "$registry/app:1"
exec 8>&-
