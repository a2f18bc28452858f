#!/usr/bin/env bash
# A pull that is not whole and true is an error that says what was being done and to what, and leaves nothing: no folder,
# no file beside it. Against a registry that lies wherever one can. (That two pulls are identical is in copy_roads.sh.)
. "$(dirname "$0")/common.inc"
need python3 jq

cd "$work"
# The repository's name is PLACE/LIE: what is lied about (tag, index, platform, manifest, config or layer), and how.
cat >liar.py <<'PY'
import hashlib, http.server, itertools, json, threading

def digest(body): return "sha256:" + hashlib.sha256(body).hexdigest()
def described(kind, body): return {"mediaType": OCI + kind, "digest": digest(body), "size": len(body)}
def image(**more):
    return json.dumps({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": described("config.v1+json", config),
                       "layers": [described("layer.v1.tar", layer)]} | more).encode()
def index(machine):
    listed = described("manifest.v1+json", manifest) | {"platform": {"os": "linux", "architecture": machine}}
    return json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [listed]}).encode()

OCI = "application/vnd.oci.image."
layer = b"one, two, three, " * 20000
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}).encode()
manifest = image()
times = itertools.count()
lies = {
    "none": lambda body: body,
    "altered": lambda body: body.replace(b", ", b" ,", 1),  # as long, and as good JSON
    "short": lambda body: body[:-20],
    "long": lambda body: body + b" ",
    "cut": lambda body: body,  # but the connection ends halfway
    "waiting": lambda body: body,  # but the second half does not come
    "lacking": lambda body: None,
    "moving": lambda body: image(annotations={"times": str(next(times))}),  # another whenever it is asked for
    "path": lambda body: body.replace(digest(layer).encode(), b"sha256:" + b"../" * 21 + b"x"),
}

class Liar(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        _, _, place, lie, _, reference = self.path.split("/", 5)
        kind, body = {digest(config): ("config", config), digest(layer): ("layer", layer)}.get(reference, ("manifest", manifest))
        if reference == "1": kind, body = ("tag", manifest) if place == "tag" else ("index", index("s390x" if place == "platform" else "amd64"))
        print(kind, self.path, file=log, flush=True)
        if kind == place: body = lies[lie](body)
        if body is None: return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", OCI + ("index.v1+json" if kind == "index" else "manifest.v1+json"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.close_connection = True
        self.wfile.write(body[:len(body) // 2] if kind == place and lie in ("cut", "waiting") else body)
        if kind == place and lie == "waiting": threading.Event().wait(60)
    def log_message(self, *words): pass

log = open("asked", "w")
json.dump({"manifest": digest(manifest), "layer": digest(layer)}, open("digests", "w"))
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
print(server.server_port, file=open("liar.port", "w"), flush=True)
server.serve_forever()
PY
start liar python3 liar.py
wait_for 20 test -s liar.port
liar=127.0.0.1:$(cat liar.port)
manifest=$(jq -r .manifest digests)
layer=$(jq -r .layer digests)
mkdir here temporary
export TMPDIR=$work/temporary

pull() { # pull NAME [OUT [OPTION]]: into the folder `here`
  "$N2C" pull "$liar/$1" "here/${2:-image}" --platform linux/amd64 --retry 0 -q "${@:3}" >out 2>err
}
refused() { # refused CODE WORDS NAME [OUT [OPTION]]: ends with that code, says the image's name and then that, leaves nothing
  local code=$1 words=$2 status=0
  shift 2
  pull "$@" || status=$?
  [ "$status" = "$code" ] && grep -q "^n2c: pulling $liar/${1%@*}.*$words" err || { echo "  exit $status: $(cat err)"; return 1; }
  equal "$(find here temporary -mindepth 1)" ""
}

refused_there() { ! pull tag/none:1 killed && grep -q "$1" err; }

echo "--- what is true"
check "an index's image is pulled" pull index/none:1
check "a tag's image is pulled" pull tag/none:1 same
check "and is the same" diff -r here/image here/same
check "a tag that moves on with every request" pull tag/moving:1 moved
check "is asked for once" equal "$(grep -c "^tag .*moving" asked)" 1
check "and what was pulled is whole" "$N2C" copy dir:here/moved oci:whole -q >out
rm -r here/*

echo "--- manifests"
other="manifests/$manifest: the manifest has digest"
check "a tag that the registry lacks" refused 5 "no such image" tag/lacking:1
check "a digest that it lacks" refused 5 "$manifest: no such image" "manifest/lacking@$manifest"
check "a digest whose manifest is another, as long" refused 7 "$other" "manifest/altered@$manifest"
check "a digest whose manifest is shorter" refused 7 "$other" "manifest/short@$manifest"
check "a digest whose manifest is longer" refused 7 "$other" "manifest/long@$manifest"
check "a manifest that changed since the index was read" refused 7 "$other" manifest/altered:1
check "a manifest that went since the index was read" refused 5 "the index names $manifest" manifest/lacking:1
check "an index without that platform" refused 3 "no image for linux/amd64" platform/none:1
check "says which it has" grep -q "linux/s390x" err
for place in tag index; do
  check "a manifest of the $place that ends too early" refused 5 "unexpected end of JSON" $place/short:1
  check "a manifest of the $place whose transfer is cut" refused 6 "manifests/1: the reply was cut short" $place/cut:1
done
check "a digest that is a path" refused 3 "layers\[0\].digest: invalid digest" tag/path:1

echo "--- blobs"
for place in config layer; do
  check "a $place that was altered, as long" refused 7 "blob . of 2 .*were due, but they have digest" $place/altered:1
  check "a $place that is too short" refused 6 "blob . of 2 .*ended after" $place/short:1
  check "a $place that is too long" refused 7 "blob . of 2 .*were due, but they are more" $place/long:1
  check "a $place whose transfer is cut" refused 6 "blob . of 2 .*the reply was cut short" $place/cut:1
  check "a $place that the registry lacks" refused 5 "blob . of 2 .*404" $place/lacking:1
done
check "a single blob that was altered" refused 7 "were due, but they have digest" "layer/altered@$layer" file --blob
check "a single blob whose transfer is cut" refused 6 "blobs/$layer: the reply was cut short" "layer/cut@$layer" file --blob
check "a single manifest that was altered" refused 7 "$other" "manifest/altered@$manifest" file --manifest

echo "--- what was there"
mkdir here/image
pull layer/altered:1 || true
check "a folder that was there and empty is so again" equal "$(find here)" $'here\nhere/image'
echo keep >here/image/thesis.tex
pull tag/none:1 || true
check "a folder that holds something is refused" grep -q "here/image is there already and not empty" err
check "and holds it still" equal "$(find here -type f)" here/image/thesis.tex

echo "--- what was killed"
has_blob() { ls here/killed | grep -qE '^[0-9a-f]{64}$'; }
start waiting "$N2C" pull "$liar/layer/waiting:1" here/killed --platform linux/amd64 -q
wait_for 20 has_blob
check "another pull into its folder is refused" refused_there "another pull is writing to here/killed"
check "and the first one goes on" kill -9 "$last"
wait "$last" 2>/dev/null || true
check "once it was killed its folder is taken over" pull tag/none:1 killed
pull tag/none:1 whole
check "and holds what any other would" diff -r here/killed here/whole
rm -r here/killed here/whole

echo "--- elsewhere"
for to in oci:to/layout:1 oci-archive:to/file:1 docker-archive:to/file:app:1 dir:to/dir; do
  mkdir to
  "$N2C" copy "$liar/layer/altered:1" "$to" --retry 0 -q >out 2>err || true
  check "nor is such an image copied to ${to%%:*}:" grep -qE "(copying to|writing) ${to%%:*}:.*were due, but they have digest" err
  check "(none is there)" equal "$(find to -name index.json -o -name manifest.json -o -name file)" ""
  rm -r to
done
