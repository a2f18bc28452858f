#!/usr/bin/env bash
# Every example is built, pushed, loaded into Docker by its own `load`, run there, and says or holds what it should.
. "$(dirname "$0")/own_store.inc"
need docker dockerd skopeo jq
. "$tests/examples.inc"

start dockerd dockerd --data-root "$work/docker/root" --exec-root "$work/docker/exec" --pidfile "$work/docker/pid" \
  -H "unix://$work/docker.sock" --iptables=false --ip6tables=false --bridge=none
export DOCKER_HOST=unix://$work/docker.sock
wait_for 30 docker info || skip "dockerd does not start here: $(tail -n 1 "$work/dockerd.log")"

for example in $examples; do
  "$all/$example/load" > "$work/load.log" 2>&1 || fail "load $example: $(cat "$work/load.log")"
done
echo "ok: every image is loaded by its own command"

# run EXAMPLE [COMMAND...]
run() {
  local example=$1
  shift
  docker run --rm --network=none "$(cat "$all/$example/reference")" "$@"
}
says() { # says EXAMPLE PATTERN [COMMAND...]
  local example=$1 pattern=$2 found
  shift 2
  found=$(run "$example" "$@" 2>&1) || { echo "$found"; return 1; }
  grep -qE -- "$pattern" <<< "$found" || { echo "  wanted: $pattern"; echo "  found:  $found"; return 1; }
}
# serves EXAMPLE PORT PATTERN: as a service, asked from inside
serves() {
  local container
  container=$(docker run -d --network=none "$(cat "$all/$1/reference")")
  wait_for 20 docker exec "$container" "$busybox/bin/wget" -qO "/dev/null" "http://127.0.0.1:$2/" ||
    { docker logs "$container"; return 1; }
  docker exec "$container" "$busybox/bin/wget" -qO - "http://127.0.0.1:$2/" | grep -q "$3"
  docker rm -f "$container" > /dev/null
}
field() { docker inspect --format "$2" "$(cat "$all/$1/reference")"; }

check "basic: a program runs" says basic '^Hello, world!$'
check "hello: a script runs" says hello '^How do you do\?$'
check "layered, nested, duplicated: layers make one file system" eval \
  'says layered "Hello, world!" && says nested "Hello, world!" && says duplicated "Hello, world!"'
check "bash: a store path's files are at the root" says bash '^/bin/bash 5' /bin/bash -c 'echo "$(type -p bash) $BASH_VERSION"'
check "bash: and not under the store path's name" says bash '^0$' /bin/bash -c 'set -- /nix/store/*-root; [ -e "$1" ] && echo $# || echo 0'
check "nginx: a service answers" serves nginx 8080 'Served from the store'
check "uwsgi: an application answers" serves uwsgi 9090 'Hello from a small layer'
check "fromImage: the files of the base are there" says fromImage '^/etc/alpine-release$'
check "fromImageManifest: the files of the base are there" says fromImageManifest '^/etc/alpine-release$'
check "nonReproducible: the kept tar is the image's" says nonReproducible '20[0-9][0-9]'
check "openbar: everyone may write" says openbar '^drwxrwxrwx .* tmp$'
check "perms: only the owner reads" says perms '^-r-------- .* key$'
check "perms: a program may run as its owner" says perms '^-rwsr-xr-x .* run$'
check "perms: what no rule names stays as the store has it" says perms '^-r--r--r-- .* text$'
check "capabilities: a program of a user has what its file gives it" says capabilities '^CapEff:[[:space:]]*0*400$'
# Docker 28 no longer shows an image's StopTimeout.
check "healthcheck: the engine knows how to look, with which shell, and how long to wait" equal \
  "$(docker inspect "$(cat "$all/healthcheck/reference")" |
    jq -r '.[0].Config | "\(.Healthcheck.Interval) \(.Healthcheck.Retries) \(.Shell[2]) \(.StopTimeout // 3)"')" \
  "30000000000 2 -c 3"
check "ownership: a file has the owner it was given" says ownership '^-r--r--r-- +1 1001 +1002 .* yours$'
check "ownership: the others are root's" says ownership '^-r--r--r-- +1 0 +0 .* mine$'
check "created: the image has its date" equal "$(field created '{{.Created}}')" 2024-05-13T09:31:10+02:00
check "metadata: the layer has its history" equal \
  "$(docker history --no-trunc --format '{{.CreatedBy}}: {{.Comment}}' "$(cat "$all/metadata/reference")" | tail -n 1)" \
  "nix build: a layer with a history"
check "metadata: the image has its label" equal \
  "$(field metadata '{{index .Config.Labels "org.opencontainers.image.title"}}')" hello
hello=$(build pkgs.hello 2>/dev/null)
check "nix: every path of the database is in the image, unchanged" says nix '' /bin/nix-store --verify --check-contents
check "nix: the paths of other layers are in the database" says nix '' /bin/nix-store --check-validity "$hello"
check "nix: references too" says nix "busybox" /bin/nix-store --query --references "$hello"
check "nix-user: a user's Nix works" says nix-user '^1000$'
check "nix-user: the store is the user's" says nix-user '1000 +1001 .* /nix/store$'
check "nix-user: and so is the home" says nix-user '^drwxr--r-- .* 1000 +1001 .* /home/user$'

# The other commands of an image, in skopeo's words.
docker rmi -f "$(cat "$all/basic/reference")" > /dev/null
"$all/basic/copyToDockerDaemon" > "$work/copy.log" 2>&1 || fail "copyToDockerDaemon: $(cat "$work/copy.log")"
check "copyToDockerDaemon loads the image" says basic '^Hello, world!$'

if command -v podman > /dev/null; then
  printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/graph"\n' "$work/podman" "$work/podman" > "$work/storage.conf"
  export CONTAINERS_STORAGE_CONF=$work/storage.conf
  "$all/basic/copyToPodman" > "$work/copy.log" 2>&1 || fail "copyToPodman: $(cat "$work/copy.log")"
  container=$(podman create --network=none "$(cat "$all/basic/reference")" 2> "$work/podman.log")
  timeout 60 podman export -o "$work/podman.tar" "$container"
  tar -tf "$work/podman.tar" > "$work/podman.files"
  check "copyToPodman loads the image" grep -q '^nix/store/[^/]*-hello/bin/hello$' "$work/podman.files"
else
  echo "podman is not installed: copyToPodman was not run"
fi

# One changed file: from the edit to the registry and to the engine, against what loading the whole archive takes.
milliseconds() { # milliseconds COMMAND...
  local began
  began=$(date +%s%N)
  "$@" > "$work/timed.log" 2>&1 || fail "$*: $(cat "$work/timed.log")"
  echo $((($(date +%s%N) - began) / 1000000))
}
"$all/uwsgi/push" "$registry/uwsgi:1" > /dev/null 2>&1
sed 's/small/smaller/' "$root/nix/examples/uwsgi/hello.py" > "$work/hello.py"
rebuild() { build examples.uwsgi --argstr application "$work/hello.py" > "$work/changed" 2> "$work/rebuild.log"; }
built=$(milliseconds rebuild)
pushed=$(milliseconds "$N2C" push "$(cat "$work/changed")" "$registry/uwsgi:1")
loaded=$(milliseconds "$N2C" load "$(cat "$work/changed")" uwsgi:changed)
check "the changed application is the one that was loaded" \
  grep -q smaller <(docker run --rm --network=none --entrypoint "$busybox/bin/sh" uwsgi:changed -c "cat /nix/store/*-hello.py")
docker save -o "$work/full.tar" uwsgi:changed
docker rmi -f uwsgi:changed "$(cat "$all/uwsgi/reference")" > /dev/null
full=$(milliseconds docker load -i "$work/full.tar")
echo "ok: uwsgi, $(stat -c %s "$work/full.tar") bytes: built in $built ms, then pushed in $pushed ms or loaded in $loaded ms;" \
  "the whole archive loads in $full ms"
check "loading a change takes less time than loading everything" test "$loaded" -lt "$full"
