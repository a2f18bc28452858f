#!/usr/bin/env bash
# Every place that n2c writes to, by push and by copy, read by one program that can read it: the manifest's digest
# where the form keeps one, the layers' diff_ids where it does not.
#
# The third argument names the reader: one a test, so that a program that is not here is a test that is skipped.
. "$(dirname "$0")/common.inc"
. "$here/copy_places.inc"
. "$here/engines.inc"
reader=${3:?usage: $0 N2C machine|today skopeo|podman|docker|docker_containerd_store|crane|umoci}
need skopeo jq docker-registry

read_by_skopeo() {
  for from in push copy; do
    for there in "docker://$registry/$from:1" "oci:$from.layout:v1" "oci-archive:$from.oci.tar:example.org/app:1" "dir:$from.dir"; do
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
  if [ "$(id -u)" = 0 ] && [ -z "$today" ]; then # the others are root's anyway; today's run as root only
    chmod a+rx "$work"
    check "skopeo reads an OCI archive as a user who may not give files to others" setpriv --reuid 65534 --regid 65534 --clear-groups \
      env HOME=/tmp skopeo inspect --raw oci-archive:push.oci.tar:example.org/app:1 >/dev/null
  fi
}

read_by_podman() {
  for from in push copy; do
    for there in "docker://$registry/$from:1" "oci:$from.layout:v1" "oci-archive:$from.oci.tar:example.org/app:1" "dir:$from.dir"; do
      id=$(podman_here pull -q --tls-verify=false "$there" | tail -n 1)
      check "podman pulls $there: the same manifest" equal "$(podman_here image inspect "$id" | jq -r '.[0].Digest')" "sha256:$digest"
      check "podman pulls $there: the same layers" equal "$(podman_diff_ids "$id")" "$diff_ids"
      podman_here rmi -f "$id" >/dev/null
    done
    for there in "docker-archive:$from.docker.tar" "docker-archive:$from.stdout.tar"; do
      id=$(podman_here pull -q "$there" | tail -n 1)
      check "podman pulls $there: the same layers" equal "$(podman_diff_ids "$id")" "$diff_ids"
      podman_here rmi -f "$id" >/dev/null
    done
    for tar in "$from.docker.tar" "$from.stdout.tar" "$from.oci.tar"; do
      id=$(podman_here load -q <"$tar" | sed 's/.*image: //')
      check "podman loads $tar: the same layers" equal "$(podman_diff_ids "$id")" "$diff_ids"
      podman_here rmi -f "$id" >/dev/null
    done
  done
  # containers-storage: goes through podman as it is configured, which is not this test's storage.
  export CONTAINERS_STORAGE_CONF=$work/storage.conf
  printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/podman" "$work/podman-run" >storage.conf
  "$N2C" push image.json containers-storage:localhost/app:push --store-root "$work" -q >/dev/null
  "$N2C" copy "docker://$registry/app:1" containers-storage:localhost/app:copy -q >/dev/null
  for from in push copy; do
    check "n2c $from into podman: the same layers" equal "$(podman_diff_ids "localhost/app:$from")" "$diff_ids"
    if [ "$(id -u)" = 0 ]; then # as another user skopeo needs podman's user namespace
      check "skopeo reads what n2c $from put into podman: the same layers" \
        equal "$(diff_ids_at "containers-storage:localhost/app:$from")" "$diff_ids"
    fi
  done
}

docker_reads() { # with either store
  for from in push copy; do
    docker load -q -i "$from.docker.tar" >/dev/null
    check "docker loads $from.docker.tar: the same layers" equal "$(docker_diff_ids example.org/app:1)" "$diff_ids"
    docker rmi -f example.org/app:1 >/dev/null
    id=$(docker load -q <"$from.stdout.tar" | sed 's/.*ID: //')
    check "docker loads what $from sent to standard output: the same layers" equal "$(docker_diff_ids "$id")" "$diff_ids"
    docker rmi -f "$id" >/dev/null
    docker pull -q "$registry/$from:1" >/dev/null
    check "docker pulls what $from sent to a registry: the same layers" equal "$(docker_diff_ids "$registry/$from:1")" "$diff_ids"
    check "and has its digest" equal "$(docker image inspect "$registry/$from:1" | jq -r '.[0].RepoDigests[0]')" \
      "$registry/$from@sha256:$digest"
    docker rmi -f "$registry/$from:1" >/dev/null
  done
  "$N2C" push image.json docker-daemon:example.org/app:push --store-root "$work" -q >/dev/null
  check "n2c push into docker: the same layers" equal "$(docker_diff_ids example.org/app:push)" "$diff_ids"
  "$N2C" copy "docker://$registry/app:1" docker-daemon:example.org/app:copy -q >/dev/null
  check "n2c copy into docker: the same layers" equal "$(docker_diff_ids example.org/app:copy)" "$diff_ids"
}

read_by_docker() {
  docker_reads
  for from in push copy; do
    check "skopeo reads what n2c $from put into docker: the same layers" equal \
      "$(skopeo inspect --daemon-host "$DOCKER_HOST" --config --raw "docker-daemon:example.org/app:$from" | jq -r '.rootfs.diff_ids[]')" "$diff_ids"
  done
}

read_by_docker_containerd_store() { # the store with which Docker reads OCI archives
  docker_reads
  for from in push copy; do
    docker load -q -i "$from.oci.tar" >/dev/null
    check "docker loads $from.oci.tar: the same manifest" \
      equal "$(docker image inspect example.org/app:1 | jq -r '.[0].Id')" "sha256:$digest"
    check "docker loads $from.oci.tar: the same layers" equal "$(docker_diff_ids example.org/app:1)" "$diff_ids"
    docker rmi -f example.org/app:1 >/dev/null
  done
}

read_by_crane() {
  for from in push copy; do
    check "crane reads what $from sent to a registry: the same manifest" \
      equal "$(crane digest --insecure "$registry/$from:1")" "sha256:$digest"
    check "crane validates it" crane validate --insecure --remote "$registry/$from:1"
    for tar in "$from.docker.tar" "$from.stdout.tar"; do
      check "crane validates $tar" crane validate --tarball "$tar"
      crane push --insecure "$tar" "$registry/crane:$tar" >/dev/null 2>crane.log
      check "crane pushes $tar: the same layers" equal "$(diff_ids_at "docker://$registry/crane:$tar")" "$diff_ids"
    done
    for layout in "$from.layout" "$from.unpacked"; do
      crane push --insecure "$layout" "$registry/crane:$layout" >/dev/null 2>crane.log
      check "crane pushes $layout: the same manifest" equal "$(digest_at "docker://$registry/crane:$layout")" "$digest"
    done
  done
}

read_by_umoci() {
  local rootless=
  [ "$(id -u)" = 0 ] || rootless=--rootless
  for from in push copy; do
    for there in "$from.layout:v1" "$from.unpacked:example.org/app:1"; do
      check "umoci reads $there: the same layers" \
        equal "$(umoci stat --image "$there" --json | jq -r '.history[] | select(.empty_layer | not) | .diff_id')" "$diff_ids"
      umoci unpack $rootless --image "$there" bundle >umoci.log 2>&1
      check "umoci unpacks $there" test -e bundle/rootfs/usr/bin/bash
      check "umoci unpacks $there: the same manifest" \
        equal "$(jq -r '.from_descriptor_path.descriptor_walk[-1].digest' bundle/umoci.json)" "sha256:$digest"
      rm -rf bundle
    done
  done
  umoci tag --image copy.layout:v1 v2
  "$N2C" copy "docker://$registry/app:1" oci:copy.layout:v3 -q >/dev/null
  check "what umoci wrote into a layout is still there after n2c wrote" \
    equal "$(umoci list --layout copy.layout | sort | tr '\n' ' ')" "v1 v2 v3 "
}

declare -F "read_by_$reader" >/dev/null || fail "no reader is called $reader"
export HOME=$work
case $reader in
  docker) start_dockerd ;;
  docker_containerd_store) start_dockerd_containerd_store ;;
  *) need "$reader" ;;
esac
start_docker_registry
make_image 4
cd "$work"
"$N2C" push image.json "$registry/app:1" --store-root "$work" --digest-file digest -q >/dev/null
digest=$(cut -d: -f2 digest)
diff_ids=$(diff_ids_at "docker://$registry/app:1")
[ "$(wc -l <<<"$diff_ids")" -ge 3 ] || fail "the image has too few layers to prove anything"
write_everywhere
"read_by_$reader"
