#!/usr/bin/env bash
# Times `n2c load` against `docker load`, `podman load` and `ctr images import` of the same image's full
# archive, each on an engine started for it: nothing changed, one late layer changed, first load.
#
#   test/bench/load.sh N2C [LAYERS]     as root; $N2C_PEERS as in test/README.md
#
# Prints a table: medians of $ROUNDS (3) rounds that take turns, the ratio to the engine's own full load, and the peak
# resident memory of n2c while it loads everything.
. "$(dirname "$0")/../interop/common.inc"
. "$(dirname "$0")/../interop/engines.inc"
need jq python3
export HOME=$work
want=${2:-100}

# A closure of this machine's larger packages (a minute), or one that is there: a folder with nix/store and graph.json.
if [ -n "${N2C_CLOSURE:-}" ]; then
  cp -a "$N2C_CLOSURE/nix" "$work/nix" # not by links: what is cleaned up afterwards gets other modes
  cp "$N2C_CLOSURE/graph.json" "$work/closure.json"
  echo '[]' > "$work/rewrites.json"
else
  packages=(bash)
  for package in git vim python3 perl gdb g++-12 imagemagick nodejs openssh-client; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ] || packages+=("$package")
  done
  "$root/scripts/demo-closure" "$work" "${packages[@]}" >/dev/null || fail "no closure of ${packages[*]}"
fi
cd "$work"
"$N2C" layers-from-reproducible-storepaths layers.json closure.json --rewrites rewrites.json --max-layers $((want - 1)) \
  --store-root "$work" 2>/dev/null
echo '{"Cmd": ["/usr/bin/bash"]}' > config.json
# An application of one path on top; the changed image has another.
echo '[]' > none.json
for app in old new; do
  mkdir -p "nix/store/00000000000000000000000000000009-$app"
  echo "$app" > "nix/store/00000000000000000000000000000009-$app/setting"
  echo '[{"path": "/nix/store/00000000000000000000000000000009-'$app'", "references": []}]' > graph.json
  "$N2C" layers-from-reproducible-storepaths $app.json graph.json --rewrites none.json --store-root "$work" 2>/dev/null
done
"$N2C" image image.json config.json layers.json old.json 2>/dev/null
"$N2C" image changed.json config.json layers.json new.json 2>/dev/null
"$N2C" copy image.json docker-archive:full.tar:docker.io/library/full:1 --store-root "$work" >/dev/null 2>copy.err ||
  { cat copy.err; fail "the full archive"; }
echo "$(jq '.layers | length' image.json) layers, $(du -sh full.tar | cut -f 1)"
echo '| engine | case | median | ratio | resident | said |'
echo '| --- | --- | --- | --- | --- | --- |'

seconds() { # seconds COMMAND...: sets $took
  local began ended
  began=$(date +%s%N)
  "$@" >out 2>err || { cat err out; fail "$*"; }
  ended=$(date +%s%N)
  took=$(python3 -c "print(f'{($ended - $began) / 1e9:.2f}')")
}
peak() { python3 "$here/peak_memory.py" --alone "$@" 2>/dev/null; } # of n2c itself, not of what it runs
bench() { # bench ENGINE FULL-LOAD CLEAR OPTIONS...: medians of $ROUNDS
  local engine=$1 own=$2 clear=$3 case
  shift 3
  local n2c=("$N2C" load --store-root "$work" "$@")
  declare -A times=() words=()
  timed() { # timed CASE COMMAND...
    case=$1
    shift
    sync # what an earlier load left to be written is not this one's
    seconds "$@"
    times[$case]+=" $took"
    words[$case]=$(grep -o '[0-9]* layers\? there.*sent ([^)]*)' err || true)
  }
  local round
  for ((round = 0; round < ${ROUNDS:-3}; ++round)); do
    $clear
    timed "its own full load" sh -c "$own"
    $clear
    timed "first load" "${n2c[@]}" image.json bench:1
    timed "nothing changed" "${n2c[@]}" image.json bench:1
    timed "one changed" "${n2c[@]}" changed.json bench:1
  done
  $clear
  local resident
  resident=$(peak "${n2c[@]}" image.json bench:1)
  for case in "its own full load" "first load" "nothing changed" "one changed"; do
    python3 "$root/test/bench/load_row.py" "$engine" "$case" "$resident" "${words[$case]}" "${times[$case]}" \
      "${times["its own full load"]}"
  done
}

# The engine anew, with an empty store. Its old one stays until all is measured: deleting the files of a load makes
# ext4 slow at making others, for minutes.
used=0
renew() { # renew FOLDER START
  engines_end
  started=()
  [ ! -e "$work/$1" ] || mv "$work/$1" "$work/used$((used += 1))"
  "$2"
}
renew_podman() {
  renew podman use_own_podman
  podman images >/dev/null # makes the store
}

for one in ${ENGINES:-docker containerd_store podman containerd}; do
  (
    started=()
    trap 'engines_end' EXIT
    case $one in
      docker) bench "docker, classic store" 'docker load -q -i full.tar' 'renew dockerd start_dockerd' ;;
      containerd_store)
        bench "docker, containerd store" 'docker load -q -i full.tar' 'renew dockerd start_dockerd_containerd_store'
        ;;
      podman)
        bench "podman" 'podman load -q -i full.tar' renew_podman --engine podman
        bench "podman by archive" 'podman load -q -i full.tar' renew_podman --engine podman --via archive
        ;;
      containerd)
        bench "containerd" 'ctr images import full.tar' 'renew containerd start_containerd' --engine containerd
        bench "containerd by archive" 'ctr images import full.tar' 'renew containerd start_containerd' --engine containerd \
          --via archive
        ;;
    esac
  ) || true
  rm -rf --one-file-system "$work"/{dockerd,podman,containerd,used*} 2>/dev/null || true
done
