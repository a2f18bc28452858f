#!/usr/bin/env bash
# n2c attach, referrers, pull --referrer, push --attach, --sbom and --sign-with: at a registry with a list of referrers (ours)
# and one without (docker-registry 2.8).
. "$(dirname "$0")/common.inc"
need jq curl
cd "$work"
make_image
echo '{"one": 1}' > one.json
echo '{"two": 2}' > two.json
push() { "$N2C" push image.json "$registry/$1" --store-root "$work" -q "${@:2}"; }
has() { curl -sf -o /dev/null -H 'Accept: */*' "http://$registry/v2/$1/manifests/$2"; }
digest_of() { "$N2C" digest "$registry/$1"; }
manifests_put() { grep -c 'PUT /v2/.*/manifests/' serve.log; }

attached() { # attached NAME: what holds at the registry $registry
  push app:1 > /dev/null
  local first second image
  image=$(digest_of app:1)
  first=$("$N2C" attach "$registry/app:1" one.json --type application/vnd.acme.one+json --annotation a=b 2> attach.log)
  check "$1: what is attached is said by digest" equal "${first%@*}" "$registry/app"
  check "$1: and that it is" grep -q "^attached one.json to $registry/app:1 @$image$" attach.log
  second=$("$N2C" attach "$registry/app:1" one.json --type application/vnd.acme.one+json --annotation a=b 2> attach.log)
  check "$1: again: the same" equal "$second" "$first"
  check "$1: and nothing is done" grep -q "^attached already: one.json" attach.log
  "$N2C" attach "$registry/app@$image" two.json --type application/vnd.acme.two 2> /dev/null > /dev/null
  check "$1: both are listed" equal "$("$N2C" referrers "$registry/app:1" | sort -k2 | cut -d' ' -f3)" \
    "$(printf 'application/vnd.acme.one+json\napplication/vnd.acme.two')"
  check "$1: with type and annotations" equal \
    "$("$N2C" referrers "$registry/app:1" --type application/vnd.acme.one+json --json |
      jq -c '[.subject, (.referrers[] | .digest, .artifactType, .annotations)]')" \
    "[\"$image\",\"${first#*@}\",\"application/vnd.acme.one+json\",{\"a\":\"b\"}]"
  "$N2C" pull "$registry/app:1" got.json --referrer application/vnd.acme.two
  check "$1: the file comes back" cmp got.json two.json
  "$N2C" pull "$registry/app:1" got.json --referrer "${first#*@}"
  check "$1: by its digest too" cmp got.json one.json
  check "$1: one that is not there is exit code 3" equal \
    "$("$N2C" pull "$registry/app:1" - --referrer a/b > /dev/null 2>&1; echo $?)" 3

  push app:2 --sbom --attach two.json:application/vnd.acme.two > /dev/null
  "$N2C" pull "$registry/app:2" pushed.cdx --referrer application/vnd.cyclonedx+json
  check "$1: push --sbom: the bill is the image's" equal "$(jq -r .metadata.component.version pushed.cdx)" "$(digest_of app:2)"
  check "$1: its layers are those that were sent" equal \
    "$(jq -r '[.components[].properties[] | select(.name == "n2c:layer:digest") | .value] | unique | .[]' pushed.cdx)" \
    "$("$N2C" inspect "$registry/app:2" --raw | jq -r '.layers[].digest' | sort)"
  push app:2 --sbom --attach two.json:application/vnd.acme.two > /dev/null
  check "$1: pushed again: attached once" equal "$("$N2C" referrers "$registry/app:2" | wc -l)" 3
}
start_n2c_registry --memory
attached "n2c serve"

# Signing: nothing is named by the tag before the command succeeded.
push signed:1 > /dev/null
old=$(digest_of signed:1)
cat > sign << SH
#!/bin/sh
cat > $work/descriptor
echo "\$N2C_REFERENCE" > $work/reference
"$N2C" digest $registry/signed:1 > $work/seen
"$N2C" attach "\$N2C_REFERENCE" $work/one.json --type application/vnd.acme.signature
SH
chmod +x sign
push signed:1 --label new=1 --sign-with ./sign > /dev/null
new=$(digest_of signed:1)
check "while it signs, the tag names the old image" equal "$(cat seen)" "$old"
check "then the new one" equal "$(jq -r .digest descriptor)" "$new"
check "it is told the reference" equal "$(cat reference)" "$registry/signed@$new"
check "and the signature is there" grep -q application/vnd.acme.signature <("$N2C" referrers "$registry/signed:1")
refused() { # refused WHAT COMMAND SENTENCE [OPTION...]: no tag moves, exit code 9
  local said status=0
  said=$(push signed:1 --label "other=$1" --sign-with "$2" "${@:4}" 2>&1 > /dev/null) || status=$?
  check "a signer that $1: exit code 9" equal "$status" 9
  [[ $said == *"$3"* ]] || fail "a signer that $1
  expected: $3
  found:    $said"
  check "a signer that $1: the tag stays" equal "$(digest_of signed:1)" "$new"
}
refused "fails" "echo no key >&2; exit 3" "it ended with exit code 3"
refused "hangs" "sleep 60" "it took more than 1 s and was ended" --sign-timeout 1
refused "is killed" 'kill -9 $$' "it was killed by signal 9"
refused "answers rubbish" 'head -c 600 /dev/zero' "what it answered is neither text nor an OCI layout in a tar"
refused "answers another tar" "tar c -C $work one.json" "what it answered is no OCI layout"

# An answer in a tar.
cat > answer.py << 'PYTHON'
import hashlib
import io
import json
import sys
import tarfile
subject = json.load(sys.stdin)
blobs = {}
def blob(data, kind):
    digest = 'sha256:' + hashlib.sha256(data).hexdigest()
    blobs[digest] = data
    return {'mediaType': kind, 'digest': digest, 'size': len(data)}
manifest = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json', 'artifactType': 'application/vnd.acme.answer',
            'config': blob(b'{}', 'application/vnd.oci.empty.v1+json'), 'layers': [blob(b'signed', 'text/plain')], 'subject': subject}
index = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.index.v1+json',
         'manifests': [blob(json.dumps(manifest).encode(), manifest['mediaType'])]}
with tarfile.open(fileobj=sys.stdout.buffer, mode='w|') as tar:
    for name, data in {'oci-layout': b'{"imageLayoutVersion": "1.0.0"}', 'index.json': json.dumps(index).encode(),
                       **{'blobs/' + digest.replace(':', '/'): data for digest, data in blobs.items()}}.items():
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
PYTHON
push signed:2 --label answered=1 --sign-with "python3 answer.py" > /dev/null
"$N2C" pull "$registry/signed:2" - --referrer application/vnd.acme.answer > got
check "an OCI layout on standard output is attached" equal "$(cat got)" signed
check "--attach without a type is told before anything is sent" equal \
  "$(push none:1 --attach one.json > /dev/null 2>&1; echo $?; has none 1 && echo there)" 2

here_registry=$registry
signed=$("$N2C" referrers "$registry/app:1" --type application/vnd.acme.two | cut -d' ' -f1)
"$N2C" attach "$registry/app@$signed" one.json --type application/vnd.acme.deep > /dev/null 2>&1

start_docker_registry
attached "docker-registry"
# What refers to an image goes along, and what refers to that.
"$N2C" copy "$here_registry/app:1" "$registry/copied:1" --referrers > /dev/null 2> copy.log
check "copy --referrers: all of them" equal "$("$N2C" referrers "$registry/copied:1" | sort)" "$("$N2C" referrers "$here_registry/app:1" | sort)"
check "copy --referrers: and what refers to them" grep -q vnd.acme.deep <("$N2C" referrers "$registry/copied@$signed")
"$N2C" copy "$here_registry/app:1" "$registry/copied:1" --referrers > /dev/null 2> copy.log
check "copy --referrers: again: nothing" grep -q "referrers: 0 copied, [1-9][0-9]* already there" copy.log
"$N2C" copy "$here_registry/app:1" "$registry/some:1" --referrers=application/vnd.acme.two > /dev/null 2>&1
check "copy --referrers=TYPE: those alone" equal "$("$N2C" referrers "$registry/some:1" | cut -d' ' -f3)" application/vnd.acme.two
# Two at once, where nothing but the tag is: none is lost.
push race:1 > /dev/null
rounds=${N2C_ROUNDS:-20}
for round in $(seq "$rounds"); do
  for side in a b; do
    echo "$round $side" > "$side.txt"
    "$N2C" attach "$registry/race:1" "$side.txt" --type "application/vnd.acme.$side.$round" > /dev/null 2>> race.log &
    eval "$side=$!"
  done
  wait "$a" && wait "$b" || fail "round $round: $(tail -n 2 race.log)"
done
check "$rounds rounds of two at once: none is lost" equal "$("$N2C" referrers "$registry/race:1" | wc -l)" $((2 * rounds))

# A tag that is something else is left alone.
push other:1 > /dev/null
digest=$(digest_of other:1)
"$N2C" tag "$registry/other:1" "sha256-${digest#sha256:}" > /dev/null
check "a tag that is no index of referrers is left alone" grep -q "names something that is no index of referrers, and is left alone" \
  <("$N2C" attach "$registry/other:1" one.json --type a/b 2>&1)
check "it still names the image" equal "$(digest_of "other:sha256-${digest#sha256:}")" "$digest"
