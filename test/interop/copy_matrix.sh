#!/usr/bin/env bash
# Every place that n2c writes to, read by every program that can read it: the manifest's digest where
# the form keeps one, the layers' diff_ids where it does not.
. "$(dirname "$0")/common.inc"
. "$here/copy_places.inc"
need skopeo jq docker-registry

start_docker_registry
make_image 4
cd "$work"
"$N2C" push image.json "$registry/app:1" --store-root "$work" --digest-file digest -q >/dev/null
digest=$(cut -d: -f2 digest)
diff_ids=$(diff_ids_at "docker://$registry/app:1")
[ "$(wc -l <<<"$diff_ids")" -ge 3 ] || fail "the image has too few layers to prove anything"

docker=
if start_dockerd_here; then docker=yes; else echo "no dockerd here: its column is left out"; fi
have crane && crane=yes || { crane=; echo "no crane here: its column is left out"; }
have umoci && umoci=yes || { umoci=; echo "no umoci here: its column is left out"; }
have podman && podman=yes || { podman=; echo "no podman here: its column is left out"; }

echo "--- written"
for from in push copy; do
  source=image.json
  [ $from = push ] || source=docker://$registry/app:1
  for to in "docker://$registry/$from:1" "oci:$from.layout:v1" "oci-archive:$from.oci.tar:v1" \
    "docker-archive:$from.docker.tar:example.org/app:1" "dir:$from.dir"; do
    "$N2C" $from "$source" "$to" --store-root "$work" --compression gzip -q >/dev/null
  done
  "$N2C" $from "$source" - --store-root "$work" -q >"$from.stdout.tar" 2>/dev/null
done

echo "--- read"
for from in push copy; do
  for there in "docker://$registry/$from:1" "oci:$from.layout:v1" "oci-archive:$from.oci.tar:v1" "dir:$from.dir"; do
    check "skopeo reads $there: the same manifest" equal "$(digest_at "$there")" "$digest"
    check "skopeo reads $there: the same layers" equal "$(diff_ids_at "$there")" "$diff_ids"
    skopeo copy -q --insecure-policy --src-tls-verify=false "$there" "dir:$work/whole" >/dev/null
    check "skopeo copies the whole of $there" equal "$(sha256sum <whole/manifest.json | cut -d' ' -f1)" "$digest"
    rm -rf whole
  done
  for there in "docker-archive:$from.docker.tar:example.org/app:1" "docker-archive:$from.stdout.tar"; do
    check "skopeo reads $there: the same layers" equal "$(diff_ids_at "$there")" "$diff_ids"
    skopeo copy -q --insecure-policy "$there" "dir:$work/whole" >/dev/null
    check "skopeo copies the whole of $there" test -s whole/manifest.json
    rm -rf whole
  done
done

if [ -n "$podman" ]; then
  for there in "docker://$registry/copy:1" "oci:push.layout:v1" "oci:copy.layout:v1" "oci-archive:copy.oci.tar:v1" \
    "docker-archive:push.docker.tar" "docker-archive:copy.stdout.tar" "dir:copy.dir"; do
    id=$(podman_here pull -q --tls-verify=false "$there" | tail -n 1)
    check "podman pulls $there: the same layers" equal "$(podman_diff_ids "$id")" "$diff_ids"
    podman_here rmi -f "$id" >/dev/null
  done
fi
if [ -n "$podman" ]; then
  # containers-storage: goes through podman as it is configured, which is not this test's storage.
  export CONTAINERS_STORAGE_CONF=$work/storage.conf
  printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/podman" "$work/podman-run" >storage.conf
  "$N2C" push image.json containers-storage:localhost/app:push --store-root "$work" -q >/dev/null
  check "n2c push into podman: the same layers" equal "$(podman_diff_ids localhost/app:push)" "$diff_ids"
  "$N2C" copy "docker://$registry/app:1" containers-storage:localhost/app:copy -q >/dev/null
  check "n2c copy into podman: the same layers" equal "$(podman_diff_ids localhost/app:copy)" "$diff_ids"
fi
if [ -n "$crane" ]; then
  check "crane reads the registry" equal "$(crane digest --insecure "$registry/copy:1")" "sha256:$digest"
  check "crane validates the registry's image" crane validate --insecure --remote "$registry/copy:1"
  for tar in push.docker.tar copy.docker.tar copy.stdout.tar; do
    check "crane validates $tar" crane validate --tarball "$tar"
  done
  for layout in push.layout copy.layout; do
    crane push --insecure "$layout" "$registry/crane:$layout" >/dev/null 2>crane.log
    check "crane pushes $layout: the same manifest" equal "$(digest_at "docker://$registry/crane:$layout")" "$digest"
  done
fi
if [ -n "$umoci" ]; then
  for layout in push.layout copy.layout; do
    check "umoci reads $layout" equal "$(umoci stat --image "$layout:v1" --json | jq '[.history[] | select(.empty_layer | not)] | length')" \
      "$(wc -l <<<"$diff_ids")"
    if [ "$(id -u)" = 0 ]; then
      umoci unpack --image "$layout:v1" "bundle.$layout" >umoci.log 2>&1
      check "umoci unpacks $layout" test -e "bundle.$layout/rootfs/usr/bin/bash"
    fi
  done
  umoci tag --image copy.layout:v1 v2
  "$N2C" copy "docker://$registry/app:1" oci:copy.layout:v3 -q >/dev/null
  check "what umoci wrote into a layout is still there after n2c wrote" \
    equal "$(umoci list --layout copy.layout | sort | tr '\n' ' ')" "v1 v2 v3 "
fi
if [ -n "$docker" ]; then
  for tar in push.docker.tar copy.docker.tar; do
    docker -H "unix://$work/docker.sock" load -q -i "$tar" >/dev/null
    check "docker loads $tar: the same layers" equal "$(docker_diff_ids example.org/app:1)" "$diff_ids"
    docker -H "unix://$work/docker.sock" rmi -f example.org/app:1 >/dev/null
  done
  id=$(docker -H "unix://$work/docker.sock" load -q <copy.stdout.tar | sed 's/.*: //')
  check "docker loads what went to standard output" equal "$(docker_diff_ids "$id")" "$diff_ids"
  docker -H "unix://$work/docker.sock" pull -q "$registry/copy:1" >/dev/null
  check "docker pulls from the registry: the same layers" equal "$(docker_diff_ids "$registry/copy:1")" "$diff_ids"
  export DOCKER_HOST=unix://$work/docker.sock
  "$N2C" push image.json docker-daemon:example.org/app:push --store-root "$work" -q >/dev/null
  check "n2c push into docker: the same layers" equal "$(docker_diff_ids example.org/app:push)" "$diff_ids"
  "$N2C" copy "docker://$registry/app:1" docker-daemon:example.org/app:copy -q >/dev/null
  check "n2c copy into docker: the same layers" equal "$(docker_diff_ids example.org/app:copy)" "$diff_ids"
fi
