#!/usr/bin/env bash
# podman as a user of its own: incremental, by a loopback registry and by archives.
. "$(dirname "$0")/common.inc"
. "$(dirname "$0")/engines.inc"
need_root
need jq python3 podman runuser useradd userdel newuidmap
user=n2c-test-$$
useradd --home-dir "$work/home" --create-home "$user" || skip "no user can be added here"
end_user() { # podman keeps a process that holds the user's name space
  local pause=$work/run/libpod/tmp/pause.pid
  [ ! -s "$pause" ] || kill "$(cat "$pause")" 2>/dev/null || true
  wait_for 10 userdel "$user" || true
}
undo+=(end_user)
grep -q "^$user:" /etc/subuid || skip "a new user gets no subordinate ids here (/etc/subuid)"
make_two_images
install -d -m 700 -o "$user" "$work/run"
install -m 755 "$N2C" "$work/n2c"
chmod a+rx "$work"
chmod -R a+rX "$work/nix" "$work"/*.json

as_user() { (cd "$work" && runuser -u "$user" -- env HOME="$work/home" XDG_RUNTIME_DIR="$work/run" XDG_CACHE_HOME="$work/home/cache" "$@"); }
as_user podman info >/dev/null 2>"$work/info.log" || skip "rootless podman does not work here: $(tail -n 1 "$work/info.log")"
load() { as_user "$work/n2c" load "$@" --store-root "$work" 2>"$work/load.err"; }

for road in registry archive; do
  check_loads 1 --engine podman --via $road
  container=$(as_user podman create app:1 bash)
  as_user podman export --output "$work/run/whole.tar" "$container"
  exported_equals changed.json < "$work/run/whole.tar" || fail "the exported file system differs"
  echo "ok: its file system is that of its layers"
  as_user podman rm "$container" >/dev/null
  as_user podman rmi -af >/dev/null
done
