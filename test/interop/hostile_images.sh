#!/usr/bin/env bash
# Descriptions and manifests made to do harm: every command that reads one ends with an error that names it, within 5 seconds
# and 300 MiB, and has written nothing. (Keys given twice are no harm: the last one counts, as in Go.)
. "$(dirname "$0")/common.inc"
need python3
ulimit -s 512 # no more stack than a thread of macOS has

cd "$work"
mkdir described opened lacking stored manifests there temporary
cat >make.py <<'PY'
import hashlib, json, os, tarfile

def write(name, text): open(name, "w", encoding="latin-1").write(text)
def layer(**keys):
    whole = {"digest": true, "size": len(tar), "diff_ids": true, "mediatype": oci + "layer.v1.tar", "layer-path": work + "/tar"}
    return json.dumps({key: value for key, value in (whole | keys).items() if value is not None})
def put(name, layers, config="", change=lambda text: text):  # as image.json and as layers.json
    write(name + ".json", change('{"version":1,"image-config":{%s},"arch":"amd64","created":null,"layers":[%s]}' % (config, layers)))
    write(name + ".layers", change("[%s]" % layers))

oci = "application/vnd.oci.image."
work, tar = os.getcwd(), bytes(10240)
true, false = "sha256:" + hashlib.sha256(tar).hexdigest(), "sha256:" + "0" * 64
open("tar", "wb").write(tar)
os.mkfifo("fifo")
os.symlink("/dev/zero", "link")
os.symlink("loop", "loop")
digests = {"with dots": "sha256:../../x", "of dots, as long as a true one": "sha256:" + "../" * 21 + "x", "that is an absolute path": f"sha256:{work}/x",
           "in upper case": true.upper().replace("SHA", "sha"), "of four digits": "sha256:abcd"}
for how, digest in (digests | {"that ends with NUL": true + "\0", "that ends with a newline": true + "\n", "of MD5": "md5:" + "0" * 32, "of nothing": ""}).items():
    for key in ("digest", "diff_ids"): put(f"described/a {key} {how}", layer(**{key: digest}))
put("described/a digest that is no UTF-8", '{"digest":"sha256:\xff\xfe","diff_ids":"\xc3"}')
put("described/a digest given twice, the last time with dots", layer()[:-1] + ',"digest":"sha256:../../x"}')
for size in ("-1", "1" * 400, "1.5", "1e999999999", str(2**63)):
    put("described/a size of " + (size if len(size) < 400 else "400 digits"), layer(**{"size": 0, "layer-path": None, "paths": []}).replace('"size": 0', '"size": ' + size))
many = {"a million layers": ",".join(["{}"] * 10**6), "a string of 100 MB": '"' + "x" * (100 << 20) + '"', "100 MB of numbers": "0," * (50 << 20) + "0",
        "arrays 100000 deep": "[" * 10**5 + "]" * 10**5, "objects 100000 deep": '{"a":' * 10**5 + "0" + "}" * 10**5}
for name, layers in many.items(): put("described/" + name, layers)
for name, change in {"an end too early": lambda text: text[:-20], "an end too late": lambda text: text + "]",
                     "bytes that are no JSON": lambda text: "\0\1\2", "no bytes": lambda text: ""}.items():
    put("described/" + name, layer(), change=change)
put("a million paths", '{"paths":[' + ",".join(["{}"] * 990000) + "]}")
put("half a million labels", layer(), '"Labels":{' + ",".join('"%016x":"%s"' % (i, "x" * 16) for i in range(480000)) + "}")
for name, path in {"opened/a device": "/dev/zero", "opened/a device by a relative path": "../" * 40 + "dev/zero", "opened/a device by a link": work + "/link",
                   "opened/a FIFO": work + "/fifo", "opened/a folder": work, "opened/a path with a NUL": work + "/tar\0",
                   "lacking/a link to itself": work + "/loop", "lacking/a path of 10000 bytes": "/x" * 5000}.items():
    put(name, layer(**{"layer-path": path}))
for name, path in {"a path outside of the store": work + "/make.py", "a path that climbs out of the store": "/nix/store/" + "../" * 40 + work[1:] + "/make.py",
                   "a device as store path": "/dev/zero"}.items():
    put("stored/" + name, layer(**{"layer-path": None, "paths": [{"path": path}], "digest": false, "diff_ids": false}))

# The like in manifests: of a folder (dir:), of a layout (oci:), of its index; in archives.
write("config", '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}')
def entry(digest, size=1): return json.dumps({"mediaType": oci + "layer.v1.tar", "digest": digest, "size": size})
def document(kind, more): return '{"schemaVersion":2,"mediaType":"%s%s.v1+json",%s}' % (oci, kind, more)
def stored(folder, kind, file):  # the descriptor of the file, which is put there under its digest
    content = open(file, "rb").read()
    digest = hashlib.sha256(content).hexdigest()
    os.link(file, f"{folder}/{digest}")
    return json.dumps({"mediaType": f"{oci}{kind}.v1+json", "digest": "sha256:" + digest, "size": len(content)})
def layout(manifests):
    write("oci-layout", '{"imageLayoutVersion":"1.0.0"}')
    write("index.json", document("index", f'"manifests":[{manifests}]'))
def manifests(content, is_long):
    for folder in ("dir", "oci/blobs/sha256", "index/blobs"): os.makedirs(folder)
    write("dir/manifest.json", document("manifest", f'"config":{stored("dir", "config", work + "/config")},"layers":[{content}]'))
    os.chdir("oci")
    layout(stored("blobs/sha256", "manifest", "../dir/manifest.json"))
    os.chdir("../index")
    layout(content)
    os.chdir("..")
    write("manifest.json", '[{"Config":"../../x","RepoTags":null,"Layers":["../../x","/dev/zero"%s]}]' % ("," + content if is_long else ""))
    with tarfile.open("archive", "w") as archive: archive.add("index", ".")
    with tarfile.open("docker-archive", "w") as archive: archive.add("manifest.json")
for name, content in (many | {"a digest " + how: entry(digest) for how, digest in digests.items()}
                      | {"a negative size": entry(true, -1), "a size of 64 bits": entry(true, 2**63)}).items():
    if name.startswith("100 MB"): continue  # the string is as long
    os.mkdir(f"{work}/manifests/{name}")
    os.chdir(f"{work}/manifests/{name}")
    manifests(content, name in many)
os.chdir(work)
for name in ("device", "loop", "fifo"): os.mkdir(name + ".folder")
os.symlink("/dev/zero", "device.folder/manifest.json")
os.symlink("manifest.json", "loop.folder/manifest.json")
os.mkfifo("fifo.folder/manifest.json")
PY
cat >refused.py <<'PY'
import os, resource, select, shutil, subprocess, sys
n2c, registry, kinds, name, *words = sys.argv[1:]
to = registry + "/a:1"
put = [["push", "I", "dir:out"], ["push", "I", "oci:out"], ["push", "I", "oci-archive:out"], ["push", "I", "docker-archive:out:a:1"], ["push", "I", "-"],
       ["push", "I", to], ["push", "--index", "I", to], ["copy", "I", "oci:out"], ["copy", "I", to], ["index", "I", "oci:out"]]
look = [["inspect", "I"], ["inspect", "--what-if", "I"]]
image = [["image", "--from-image", "I", "out", "../object", "../list"],
         ["image", "--merge-base-config", "--from-image", "I", "out", "../object", "../list"]]
layers = ["layers-from-reproducible-storepaths", "out"]
def copies(of): return [["copy", of, "oci:out"], ["copy", of, "dir:out"], ["index", of, "oci:out"]]
commands = {  # of each kind: what is put behind the file's name, and the commands
    "put": (".json", put), "look": (".json", look), "image": (".json", image), "few": (".json", put[5:8] + look[:1] + image),
    "hold": (".json", [["push", "--dry-run", "I", to], ["load", "--engine", "docker", "I", "a:1"], ["serve", "--listen", "127.0.0.1:0", "--image", "a:1=I"]]),
    "layers": (".layers", [["image", "out", "../object", "I"]]),
    "parents": (".layers", [[*layers, "../list", "I"], ["layers-from-non-reproducible-storepaths", "out", "../list", "I"]]),
    "lists": (".json", [[*layers, "I"], [*layers, "../list", "--rewrites", "I"], [*layers, "../list", "--perms", "I"]]),
    "objects": (".json", [[*layers, "../list", "--history", "I"], ["image", "out", "I", "../list"], ["image-from-manifest", "out", "I", "../object"]]),
    "folder": (".folder", [["image-from-dir", "out", "I"], *copies("dir:I")]), "dir": ("/dir", [["image-from-dir", "out", "I"], *copies("dir:I")]),
    "oci": ("/oci", copies("oci:I")), "index": ("/index", copies("oci:I")),
    "archive": ("/archive", copies("oci-archive:I")), "docker": ("/docker-archive", copies("docker-archive:I"))}

def files(): return {os.path.join(folder, file) for folder, _, names in os.walk(".") for file in names if file != "serve.log"}
def wrong(command):
    child = subprocess.Popen([n2c, *command], cwd="there", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open("err", "wb"))
    if not select.select([os.pidfd_open(child.pid)], [], [], 5)[0]: child.kill()
    _, status, used = os.wait4(child.pid, 0)
    said = open("err", errors="replace").read()
    if os.WIFSIGNALED(status): yield "no end" if os.WTERMSIG(status) == 9 else f"signal {os.WTERMSIG(status)}"
    if status == 0: yield "no error"
    elif not any(word in said for word in words): yield "not named: " + said[-300:]
    if used.ru_maxrss > 300 * 1024: yield f"{used.ru_maxrss // 1024} MiB"
    if any(set(names) - {"oci-layout", "version"} for _, _, names in os.walk("there")): yield "files left"

resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))  # what is read without end is not written so
failed = False
before = files()
for kind in kinds.split():
    file = f"{os.getcwd()}/{name}{commands[kind][0]}"
    words.append(file)
    for command in commands[kind][1]:
        for why in wrong([word[:-1] + file if word.endswith("I") else word for word in command]):
            print(f"  {' '.join(command)}: {why}")
            failed = True
        shutil.rmtree("there")
        os.mkdir("there")
if files() != before: print("  files changed:", files() ^ before)
sys.exit(failed or files() != before)
PY
python3 make.py
echo '{}' >object
echo '[]' >list
touch err
start_n2c_registry
export TMPDIR=$work/temporary DOCKER_HOST=unix://$work/none

refused() { # refused KINDS NAME [WORD]: by every command of these kinds, naming the file, or WORD
  python3 refused.py "$N2C" "$registry" "$@"
}
named() { find "$1" -mindepth 1 -maxdepth 1 ! -name '*.layers' | sed 's/\.json$//' | sort; }
mapfile -t described < <(named described)
mapfile -t opened < <(named opened)
mapfile -t lacking < <(named lacking)
mapfile -t stored < <(named stored)
mapfile -t manifests < <(named manifests)

echo "--- image.json and layers.json"
for name in "${described[@]}"; do
  check "${name#*/}: refused by every command that reads it" refused "put hold look image layers parents" "$name"
done
check "a million paths in 3 MB: refused in bounded memory" refused "few layers" "a million paths"
check "half a million labels in 18 MB: refused in bounded memory" refused few "half a million labels"
for name in "a string of 100 MB" "100 MB of numbers" "arrays 100000 deep" "objects 100000 deep" "bytes that are no JSON"; do
  check "$name: refused as a closure graph, rewrites, perms, a history, a config and a manifest" refused "lists objects" "described/$name"
done

echo "--- layers that they name"
for name in "${opened[@]}"; do check "${name#*/}: refused by every command that opens or shows it" refused "put hold look" "$name"; done
for name in "${lacking[@]}"; do check "${name#*/}: refused by every command that opens it" refused "put hold" "$name"; done
for name in "${stored[@]}"; do check "${name#*/}: refused by every command that opens it" refused put "$name" make.py /dev/zero; done
passed_on() { (cd there && "$N2C" image out ../object "../opened/$1.layers" 2>../err && mv out ../passed.json); }
for name in "a device" "a FIFO"; do
  check "$name: described by image, which opens nothing" passed_on "$name"
  check "and refused in what it wrote" refused "put hold" passed
done

echo "--- manifests"
for name in "${manifests[@]}"; do check "${name#*/}: refused in folders, layouts and archives" refused "dir oci index archive docker" "$name"; done
for name in device loop fifo; do check "a $name in the place of manifest.json: refused" refused folder "$name"; done
check "and nothing was sent to the registry" test -z "$(grep -E 'PUT .*/manifests/.* 201 ' serve.log)"
