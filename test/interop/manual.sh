#!/usr/bin/env bash
# The manual pages: one for each command, of the help's own words, and readable by what reads manual pages here.
. "$(dirname "$0")/common.inc"
pages=$root/docs/manual
page() { "$N2C" manual "$pages/$1.mdoc" "$pages/options.mdoc"; }

commands=$("$N2C" --help | sed -n '/^[A-Z].*:$/,$p' | sed -n 's/^  \([a-z][a-z-]*\)\( .*\)\{0,1\}$/\1/p' | sort -u | xargs)
check "there is a page for each command, and no other" equal \
  "$(cd "$pages" && ls ./*.mdoc | sed 's,^./,,; s/\.mdoc$//' | grep -vx 'n2c\|options' | sort | xargs)" "$commands"
listed=$(grep -o "'[a-z-]*'" <(sed -n "/foreach page/,/custom_target/p" "$root/docs/meson.build") | tr -d "'" | grep -vx 'manual_' | sort -u | xargs)
check "and the build makes it" equal "$listed" "$commands"

for command in n2c $commands; do page "$command" >"$work/$command.1"; done
# The option's names, with the minus signs that mdoc writes.
for command in $commands; do
  { "$N2C" "$command" --help; [ "$command" != cache ] || "$N2C" cache prune --help; } | grep -oE '^  +(-[a-z], )*--[a-z-]+(, --[a-z-]+)*' | tr ', ' '\n\n' | grep . | sort -u >"$work/options"
  sed -n 's/^\.It Fl //p' "$work/$command.1" | sed 's/ \(Ar\|Cm\) .*//; s/ , /\n/g' | sed 's/^/-/' | sort -u >"$work/told"
  equal "$(xargs <"$work/told")" "$(xargs <"$work/options")" || fail "the options of $command"
  for name in $(sed -n 's/^\.\\" \(--[a-z-]*\)$/\1/p' "$pages/$command.mdoc"); do
    grep -qx -e "$name" "$work/options" || fail "$command.mdoc notes $name, which $command does not take"
  done
  cat "$work/options"
done | sort -u >"$work/all" || true
! grep -A2 "FAILED\|expected\|found" "$work/all" || exit 1
for name in $(sed -n 's/^\.\\" \(--[a-z-]*\)$/\1/p' "$pages/options.mdoc"); do
  grep -qx -e "$name" "$work/all" || fail "options.mdoc notes $name, which nothing takes"
done
echo "ok: each has the options of its help, and what is noted is of an option"

if command -v mandoc >/dev/null; then
  for command in n2c $commands; do mandoc -T lint -W warning "$work/$command.1" || fail "$command: mandoc is not content"; done
  echo "ok: mandoc reads them without a warning"
fi
if command -v groff >/dev/null; then
  for command in n2c $commands; do
    groff -ww -mdoc -T utf8 "$work/$command.1" 2>"$work/groff.log" >"$work/$command.txt" || fail "$command: groff"
    [ ! -s "$work/groff.log" ] || fail "$command: groff warns"
  done
  sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' "$work/push.txt" >"$work/plain"
  check "a page is headed by its name" grep -q '^N2C-PUSH(1)' "$work/plain"
  check "and has the help's words" grep -q 'Say what would be sent and why; send nothing' <(tr -s ' \n' ' ' <"$work/plain")
  check "and its examples" grep -q 'n2c push ./result ghcr.io/acme/app:1 -t latest -n' "$work/plain"
fi
