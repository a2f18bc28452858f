#!/usr/bin/env bash
# n2c sbom: both formats pass the validators of those who made them, are the same twice, and have each store path of a real
# closure in the layer whose tar holds it.
validators=${N2C_VALIDATORS:-${XDG_CACHE_HOME:-$HOME/.cache}/n2c-validators}
. "$(dirname "$0")/common.inc"
need jq skopeo
cd "$work"
make_image
# Every store path in its place, where a tar shows it.
"$N2C" layers-from-reproducible-storepaths layers.json closure.json --max-layers 20 --store-root "$work" 2> layers.log
"$N2C" image image.json config.json layers.json 2> image.log
start_n2c_registry --memory
"$N2C" push image.json "$registry/acme/app:1" --store-root "$work" -q > /dev/null
jq '[.[] | .narHash = "sha256:" + ("0" * 52) | .narSize = 4096]' closure.json > graph.json
path=$(jq -r '.[0].path' graph.json)
jq -n --arg path "$path" '{version: 1, packages: [{path: $path, pname: "first", version: "1", description: "<&>",
  homepage: "https://example.org/first", cpe: "cpe:2.3:a:x:first:1:*:*:*:*:*:*:*", licenses: [{spdxId: "MIT"}, {fullName: "My own"}],
  patches: ["fix CVE-2023-4911.patch"], fixedVulnerabilities: ["CVE-2020-1234"]}]}' > packages.json

for format in cyclonedx spdx; do
  "$N2C" sbom image.json --format $format --store-root "$work" -o plain.$format
  "$N2C" sbom image.json --format $format --store-root "$work" > again.$format
  "$N2C" sbom image.json --format $format --closure-graph graph.json --package-info packages.json > whole.$format
  "$N2C" sbom "$registry/acme/app:1" --format $format > stored.$format
  check "$format: the same bytes from two runs" cmp plain.$format again.$format
  cp -r nix elsewhere && mkdir -p other && mv elsewhere other/nix
  "$N2C" sbom image.json --format $format --store-root "$work/other" > other.$format
  check "$format: and from another folder" cmp plain.$format other.$format
  rm -rf other 2> /dev/null || { chmod -R u+w other && rm -rf other; }
done

# Of each layer, the store paths that its tar has, and those that are said to be in it.
skopeo copy -q --src-tls-verify=false "docker://$registry/acme/app:1" dir:fetched
jq -r '.layers[].digest' fetched/manifest.json | while read -r digest; do
  tar tPf "fetched/${digest#sha256:}" | sed -nE "s,^(\./|/)?(nix/store/[^/]+).*,$digest /\2,p" | sort -u
done | sort > in_tars
said() { jq -r '.components[] | [(.properties[] | select(.name == "n2c:layer:digest").value), ."bom-ref"] | join(" ")' "$1" | sort; }
said stored.cyclonedx > in_sbom
check "each store path is said once, in the layer whose tar has it ($(wc -l < in_tars) paths)" cmp in_tars in_sbom
check "and none is missing" equal "$(jq -r '.components[]."bom-ref"' plain.cyclonedx | sort)" "$(jq -r '.[].path' closure.json | sort)"
said_in_spdx() {
  jq -r '(.packages | map({(.SPDXID): .}) | add) as $all | .relationships[]
    | select(.relationshipType == "CONTAINS" and (.relatedSpdxElement | startswith("SPDXRef-Path")))
    | [$all[.spdxElementId].versionInfo, $all[.relatedSpdxElement].packageFileName] | join(" ")' "$1" | sort
}
said_in_spdx stored.spdx > in_spdx
check "SPDX too" cmp in_tars in_spdx
check "the closure graph's references are the dependencies" equal \
  "$(jq -S -c '[.dependencies[] | select(.ref != "image") | {(.ref): .dependsOn}] | add' whole.cyclonedx)" \
  "$(jq -S -c '[.[] | .path as $path | {($path): [.references[] | select(. != $path)] | sort}] | add' closure.json)"
check "a wrong file is an error that names it" equal \
  "$("$N2C" sbom image.json --package-info image.json 2>&1 >/dev/null)" "n2c: image.json: it names no packages"

[ -e "$validators/complete" ] || skip "what is above holds; there are no validators (scripts/peers validators)"
cat > validate.py << 'PYTHON'
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
for name in sys.argv[1:]:
    with open(name + '.cyclonedx', encoding='utf-8') as file:
        found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
    assert found is None, (name, found)
    found = validate_full_spdx_document(parse_file(name + '.spdx.json'))
    assert not found, (name, [one.validation_message for one in found][:3])
PYTHON
for name in plain whole stored; do cp $name.spdx $name.spdx.json; done
check "both pass their validators" "$validators/bin/python" validate.py plain whole stored
