#!/usr/bin/env bash
# n2c attach, referrers, pull --referrer, push --attach, --sbom, --provenance and --sign-with, of one image, an index and several: at a registry with a list of referrers (ours)
# and one without (docker-registry 2.8).
. "$(dirname "$0")/common.inc"
need jq curl
cd "$work"
make_image
echo '{"one": 1}' > one.json
echo '{"two": 2}' > two.json
export N2C_IN_TESTS=$N2C
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
cp image.json result
"$N2C" push result "$registry/named:1" --store-root "$work" -q --sbom > /dev/null
check "push --sbom: an image.json may have any name" equal "$("$N2C" referrers "$registry/named:1" | wc -l)" 1
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
refused "fails" "echo no key >&2; exit 3" "it ended with exit status 3"
refused "ends with 255" "exit 255" "it ended with exit status 255"
refused "is not there" "no-such-signer" "it ended with exit status 127"
refused "hangs" "echo waiting for a key >&2; sleep 60" "it took more than 1 s and was ended" --sign-timeout 1
refused "is killed" 'kill -9 $$' "it was killed by signal 9 (SIGKILL)"
refused "answers rubbish" 'head -c 600 /dev/zero' "what it answered is neither text nor an OCI layout in a tar"
refused "answers rubbish without a zero in it" 'printf "\377\376\001\002"' "what it answered is neither text nor an OCI layout in a tar"
refused "answers another tar" "tar c -C $work one.json" "what it answered is no OCI layout of signatures: the tar: no index.json in it"

# What the signer says comes as it says it, when it is ended too; its command line is nobody's business (#22).
said=$(push signed:1 --label other=said --sign-timeout 1 --sign-with "KEY=hunter2 sh -c 'echo waiting for a key >&2; sleep 60' hunter3" 2>&1) || true
check "what a signer said is shown when it is ended" grep -q '^waiting for a key$' <(echo "$said")
check "its command line is not, but the program" grep -q '^while: .* by sh$' <(echo "$said")
check "nor any secret in it" equal "$(grep -c 'hunter[23]' <(echo "$said"))" 0
said=$(push signed:1 --label other=said --sign-with 'KEY="hunter 2" cosign; exit 1' 2>&1) || true
check "what is not plain has no name" grep -q '^while: .* by the signer$' <(echo "$said")
check "and a secret with blanks is not shown" equal "$(grep -c hunter <(echo "$said"))" 0
ended() { ! kill -0 "$(cat child)" 2> /dev/null; }
push signed:1 --sign-with 'sleep 300 & echo $! > child' > /dev/null
check "what a signer left behind is ended with it" wait_for 10 ended
push signed:1 --label other=child --sign-timeout 1 --sign-with 'sleep 300 & echo $! > child; wait' > /dev/null 2>&1 || true
check "and after its time" wait_for 10 ended
rm child
"$N2C" push image.json "$registry/signed:1" --store-root "$work" -q --label other=stopped --sign-with 'sleep 300 & echo $! > child; wait' > /dev/null 2>&1 &
wait_for 10 test -s child
kill -INT "$!"
status=0
wait "$!" || status=$?
check "a push that is stopped while it signs: exit code 130" equal "$status" 130
check "and what it started is ended" wait_for 10 ended
new=$(digest_of signed:1)

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
"$N2C" copy "$registry/signed:2" oci:answered:1 -q > /dev/null
"$N2C" copy "$registry/signed@$("$N2C" referrers "$registry/signed:2" | cut -d' ' -f1)" oci:answered -q > /dev/null
check "a layout has the image in it too" grep -q "$(digest_of signed:2)" answered/index.json
push signed:3 --label answered=1 --sign-with "tar c -C answered ." > /dev/null
check "as programs write one, and the image is not attached to itself" equal "$("$N2C" referrers "$registry/signed:3")" \
  "$("$N2C" referrers "$registry/signed:2")"
rm -r answered && "$N2C" copy "$registry/signed:2" oci:answered:1 -q > /dev/null
check "one with the image alone is no answer" grep -q "no OCI layout of signatures: its layout names no artifact" \
  <(push signed:4 --label answered=1 --sign-with "tar c -C answered ." 2>&1)
check "and no tag is written" equal "$(has signed 4 || echo none)" none
check "--attach without a type is told before anything is sent" equal \
  "$(push none:1 --attach one.json > /dev/null 2>&1; echo $?; has none 1 && echo there)" 2

# Where it comes from.
jq '[.[] | .narHash = "sha256:" + ("0" * 52) | .deriver = .path + ".drv"]' closure.json > graph.json
echo '{"url": "github:acme/app/1", "locked": {"type": "github", "rev": "0123456789012345678901234567890123456789"}}' > flake.json
derivation=/nix/store/00000000000000000000000000000000-image.json.drv
origin=(--closure-graph graph.json --flake-metadata flake.json --derivation "$derivation")
# Every store path in its place, where a tar shows it.
"$N2C" layers-from-reproducible-storepaths in-place.json closure.json --max-layers 20 --store-root "$work" 2> layers.log
"$N2C" image in-place-image.json config.json in-place.json 2> image.log
"$N2C" push in-place-image.json "$registry/from:1" --store-root "$work" -q --provenance "${origin[@]}" > /dev/null
"$N2C" pull "$registry/from:1" got.json --referrer application/vnd.in-toto+json
check "push --provenance: of the image that was pushed" equal "$(jq -r '.subject[0].digest.sha256' got.json)" "$(digest_of from:1 | cut -d: -f2)"
check "with its store paths, each in the layer that was sent" equal \
  "$(jq -r '[.predicate.buildDefinition.resolvedDependencies[].annotations.layers // [] | .[]] | unique | .[]' got.json)" \
  "$("$N2C" inspect "$registry/from:1" --raw | jq -r '.layers[].digest' | sort)"
check "its predicate type is an annotation" equal \
  "$("$N2C" referrers "$registry/from:1" --json | jq -r '.referrers[0].annotations["in-toto.io/predicate-type"]')" https://slsa.dev/provenance/v1
"$N2C" provenance "$registry/from:1" "${origin[@]}" > stored.json
check "n2c provenance says the same of what is stored" cmp stored.json got.json
"$N2C" provenance in-place-image.json "${origin[@]}" -o described.json
check "and of a description, but for the digests" equal \
  "$(jq -c 'del(.subject, .predicate.buildDefinition.resolvedDependencies[].annotations.layers)' described.json)" \
  "$(jq -c 'del(.subject, .predicate.buildDefinition.resolvedDependencies[].annotations.layers)' got.json)"


# Each file is read once a command, so that a pipe will do (#22).
"$N2C" push in-place-image.json "$registry/from:files" --store-root "$work" -q --sbom --closure-graph graph.json --attach two.json:a/b > /dev/null
"$N2C" push <(cat in-place-image.json) "$registry/from:pipes" --store-root "$work" -q --sbom --closure-graph <(cat graph.json) \
  --attach <(cat two.json):c/d > /dev/null
"$N2C" pull "$registry/from:files" files.json --referrer application/vnd.cyclonedx+json
check "an image.json, a closure graph and what is attached may be pipes: the image" equal "$(digest_of from:pipes)" "$(digest_of from:files)"
check "its bill is the same, and so is attached once" equal \
  "$("$N2C" referrers "$registry/from:pipes" --type application/vnd.cyclonedx+json | wc -l)" 1
"$N2C" pull "$registry/from:pipes" got.json --referrer c/d
check "what came through a pipe is attached" cmp got.json two.json
"$N2C" attach "$registry/from:pipes" <(cat one.json) --type e/f > /dev/null 2>&1
"$N2C" pull "$registry/from:pipes" got.json --referrer e/f
check "by n2c attach too" cmp got.json one.json
"$N2C" push --index <(cat image.json) "$registry/from:index" --store-root "$work" -q --sbom --closure-graph <(cat graph.json) > /dev/null
check "push --index too" grep -q application/vnd.cyclonedx+json <("$N2C" referrers "$registry/from@$("$N2C" inspect "$registry/from:index" --raw |
  jq -r '.manifests[0].digest')")
printf '%s %s\n' image.json "$registry/from-all/a:1" image.json "$registry/from-all/b:1" > list
"$N2C" push --all list --store-root "$work" -q --sbom --closure-graph <(cat graph.json) > /dev/null
check "push --all too" grep -q application/vnd.cyclonedx+json <("$N2C" referrers "$registry/from-all/b:1")

# An index: its images and itself are signed, and what lists store paths is attached to the images.
jq '.arch = "arm64"' image.json > arm.json
cat > sign-all << SH
#!/bin/sh
echo "\${N2C_REFERENCE#*@} \$(jq -r .digest)" >> $work/signed
"$N2C" digest $registry/many:1 >> $work/seen-by-all 2> /dev/null
exec "$N2C" attach "\$N2C_REFERENCE" $work/one.json --type application/vnd.acme.signature
SH
chmod +x sign-all
"$N2C" push --index image.json arm.json "$registry/many:1" --store-root "$work" -q --sbom --provenance --attach two.json:application/vnd.acme.two \
  --sign-with ./sign-all --tag also > /dev/null
index=$(digest_of many:1)
"$N2C" inspect "$registry/many@$index" --raw | jq -r '.manifests[].digest' > of_index
check "push --index: every image is signed, and then the index" equal "$(cut -d' ' -f2 signed)" "$(cat of_index; echo "$index")"
check "push --index: and no tag is there until all are" equal "$(cat seen-by-all)" ""
check "push --index: every tag then" equal "$(digest_of many:also)" "$index"
types() { "$N2C" referrers "$registry/many@$1" | cut -d' ' -f3 | sort | tr '\n' ' '; }
while read -r image; do
  check "push --index: an image has all that is asked for" equal "$(types "$image")" \
    "application/vnd.acme.signature application/vnd.acme.two application/vnd.cyclonedx+json application/vnd.in-toto+json "
  "$N2C" pull "$registry/many@$image" got.json --referrer application/vnd.cyclonedx+json
  check "push --index: its bill is its own" equal "$(jq -r .metadata.component.version got.json)" "$image"
done < of_index
check "push --index: the index has what is not about store paths" equal "$(types "$index")" "application/vnd.acme.signature application/vnd.acme.two "
"$N2C" index image.json arm.json "$registry/made:1" --store-root "$work" -q --sbom=spdx > /dev/null
check "n2c index too" equal "$("$N2C" referrers "$registry/made@$(head -n 1 of_index)" | cut -d' ' -f3)" application/spdx+json
status=0
"$N2C" push --index image.json arm.json "$registry/many:1" --store-root "$work" -q --label x=1 --sign-with 'exit 1' > /dev/null 2>&1 || status=$?
check "push --index: a signer that fails: exit code 9, and the tag stays" equal "$status $(digest_of many:1)" "9 $index"
check "push --index: what is stored already has no bill, which is said before anything is sent" grep -q \
  "^n2c: --sbom is of an image.json, which names store paths, and $registry/app:1 is none" \
  <("$N2C" push --index "$registry/app:1" arm.json "$registry/none:1" --store-root "$work" --sbom 2>&1)

# Several images.
printf '%s %s\n' image.json "$registry/all/a:1" arm.json "$registry/all/b:1" > list
"$N2C" push --all list --store-root "$work" -q --sbom --sign-with 'exec "$N2C_IN_TESTS" attach "$N2C_REFERENCE" one.json --type application/vnd.acme.signature' > /dev/null \
  2> all.log || fail "push --all: $(cat all.log)"
for name in all/a all/b; do
  check "push --all: $name has its bill and its signature" equal "$("$N2C" referrers "$registry/$name:1" | cut -d' ' -f3 | sort | tr '\n' ' ')" \
    "application/vnd.acme.signature application/vnd.cyclonedx+json "
done
a=$(digest_of all/a:1)
status=0
"$N2C" push --all list --store-root "$work" -q --label y=1 --sign-with 'case $N2C_REFERENCE in */a@*) exit 1 ;; esac' > /dev/null 2> all.log || status=$?
check "push --all: a signer that fails for one: exit code 9" equal "$status" 9
check "push --all: that one keeps its tag" equal "$(digest_of all/a:1)" "$a"
check "push --all: and the other has the new image" test "$(digest_of all/b:1)" != "$("$N2C" digest "$registry/many@$(tail -n 1 of_index)")"
check "push --all: which is said" grep -q "^n2c: $registry/all/a:1: .*it ended with exit status 1" all.log

# Attachments can be signed too, each before the image.
rm -f signed
push both:1 --attach one.json:application/vnd.acme.one --sign-attachments --sign-with "jq -r .digest >> $work/signed" > /dev/null
check "--sign-attachments: the attachment, then the image" equal "$(cat signed)" \
  "$("$N2C" referrers "$registry/both:1" | cut -d' ' -f1; digest_of both:1)"

# What would have no effect is refused.
without_effect() { # without_effect SENTENCE OPTION...
  local said status=0
  said=$("$N2C" push image.json "$registry/none:1" --store-root "$work" "${@:2}" 2>&1 > /dev/null) || status=$?
  [[ $status = 2 && $said == *"$1"* ]] || fail "${*:2}: $status: $said"
  echo "ok: ${*:2}: $1"
}
without_effect "--closure-graph and --package-info are for --sbom and --provenance" --closure-graph graph.json
without_effect "--flake-metadata, --derivation and --builder are for --provenance" --sbom --flake-metadata flake.json
without_effect "do not go with --dry-run" --provenance --dry-run
without_effect "is not a derivation" --provenance --derivation image.json

# What is not the signer's failure has its own exit code.
here_registry=$registry
start_n2c_registry --memory
status=0
said=$(push signed:1 --retry 0 --sign-with "kill $last; python3 answer.py" 2>&1 > /dev/null) || status=$?
check "a registry that is gone is no failure of the signer" equal "$status" 6
check "and is told as what was being done" grep -q "attaching what the signer answered\|attaching what kill answered" <(echo "$said")
registry=$here_registry
signed=$("$N2C" referrers "$registry/app:1" --type application/vnd.acme.two | cut -d' ' -f1)
"$N2C" attach "$registry/app@$signed" one.json --type application/vnd.acme.deep > /dev/null 2>&1

start_docker_registry
attached "docker-registry"
# What refers to an image goes along, and what refers to that.
"$N2C" copy "$here_registry/app:1" "$registry/copied:1" --referrers > /dev/null 2> copy.log
check "copy --referrers: all of them" equal "$("$N2C" referrers "$registry/copied:1" | sort)" "$("$N2C" referrers "$here_registry/app:1" | sort)"
check "copy --referrers: blobs are counted once, those of the image" equal "$(grep -c 'copying [0-9]* blob' copy.log)" 1
check "copy --referrers: and what refers to them" grep -q vnd.acme.deep <("$N2C" referrers "$registry/copied@$signed")
"$N2C" copy "$here_registry/app:1" "$registry/copied:1" --referrers > /dev/null 2> copy.log
check "copy --referrers: again: nothing" grep -q "referrers: 0 copied, [1-9][0-9]* already there" copy.log
"$N2C" copy "$here_registry/app:1" "$registry/some:1" --referrers=application/vnd.acme.two > /dev/null 2>&1
check "copy --referrers=TYPE: those alone" equal "$("$N2C" referrers "$registry/some:1" | cut -d' ' -f3)" application/vnd.acme.two
# cosign's tags, indexes that refer, lists that lie; and the tag of the image is written when all of that is there (#22).
put() { # put REPOSITORY NAME FILE: an index as it is
  curl -sf -o /dev/null -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary "@$3" "http://$registry/v2/$1/manifests/$2"
}
fallback_registry=$registry
registry=$here_registry
image=$(digest_of app:1) hex=${image#sha256:}
described() { # described DIGEST: its descriptor
  "$N2C" inspect "$registry/app@$1" --raw | jq -sRc --arg digest "$1" '{mediaType: (fromjson | .mediaType), digest: $digest, size: length}'
}
jq -nc --argjson subject "$(described "$image")" --argjson one "$(described "$(digest_of app:2)")" '{schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json", artifactType: "application/vnd.acme.several", manifests: [$one], subject: $subject}' > several.json
several=sha256:$(sha256sum several.json | cut -d' ' -f1)
put app "$several" several.json
push "app:sha256-$hex.sig" --label a=signature > /dev/null
jq '.layers = []' image.json > empty.json
"$N2C" push empty.json "$registry/app:sha256-$hex.att" -q > /dev/null
rm -f port
start target "$N2C" serve --listen 127.0.0.1:0 --port-file "$work/port" --memory
wait_for 20 test -s port
registry=127.0.0.1:$(cat port)
push "app:sha256-$hex.att" > /dev/null
kept=$(digest_of "app:sha256-$hex.att")
"$N2C" copy "$here_registry/app:1" "$registry/app:1" -t latest --referrers > /dev/null 2> copy.log
check "copy --referrers: an index that refers goes along" grep -q "^$several  application/vnd.acme.several" <("$N2C" referrers "$registry/app:1")
check "with the images that it names" equal "$("$N2C" inspect "$registry/app@$several" --raw)" "$(cat several.json)"
check "so does what cosign keeps under a tag" equal "$(digest_of "app:sha256-$hex.sig")" "$("$N2C" digest "$here_registry/app:sha256-$hex.sig")"
check "one that holds something else there stays" equal "$(digest_of "app:sha256-$hex.att")" "$kept"
check "and that is said" grep -q "left out: sha256-$hex.att of $registry/app holds what the source lacks, and stays as it is" copy.log
check "the tags are written last of all" grep -q "$image?tag=1" <(grep "PUT /v2/app/manifests/" target.log | tail -n 1)
check "an empty type among several is refused" equal \
  "$("$N2C" copy "$here_registry/app:1" "$registry/app:3" --referrers=a/b, > /dev/null 2>&1; echo $?)" 2
check "another format has another digest, and is refused" equal \
  "$("$N2C" copy "$here_registry/app:1" "$registry/app:3" --referrers --format docker > /dev/null 2>&1; echo $?)" 2
target_registry=$registry registry=$fallback_registry
push lied:1 > /dev/null
image=$(digest_of lied:1)
"$N2C" inspect "$registry/lied@$image" --raw | jq -sRc --arg digest "$image" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $digest, size: length, artifactType: "application/vnd.acme.lie"}]}' > lie.json
put lied "sha256-${image#sha256:}" lie.json
"$N2C" copy "$registry/lied:1" "$target_registry/lied:1" --referrers > /dev/null 2> copy.log
check "what is listed and refers to something else is left out" grep -q "left out: $image is listed as referring to $image, and does not" copy.log
check "and counted" grep -q "referrers: 0 copied, 0 already there, 1 left out" copy.log

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
check "a tag that is not an index of referrers stays as it is" grep -q "names something that is not an index of referrers, and stays as it is" \
  <("$N2C" attach "$registry/other:1" one.json --type a/b 2>&1)
check "it still names the image" equal "$(digest_of "other:sha256-${digest#sha256:}")" "$digest"
