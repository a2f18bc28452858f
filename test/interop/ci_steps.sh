#!/usr/bin/env bash
# The steps for pipelines, run as GitHub and GitLab run them, against a registry on the loopback that asks for a login.
. "$(dirname "$0")/common.inc"
need htpasswd
make_image 3
htpasswd -bBc "$work/htpasswd" robot 's3cret word' 2>"$work/htpasswd.log"
start_n2c_registry --htpasswd "$work/htpasswd" --memory
mkdir "$work/bin" "$work/home"
ln -s "$N2C" "$work/bin/n2c"
# nix run FLAKE.push -- ARGUMENTS…, of the one image that is here.
cat >"$work/bin/nix" <<SH
#!/bin/sh
[ "\$1 \$2 \$3" = 'run .#app.push --' ] || { echo "not expected: nix \$*" >&2; exit 1; }
shift 3
exec n2c push "$work/image.json" "\$@"
SH
chmod +x "$work/bin/nix"
export PATH=$work/bin:$PATH HOME=$work/home
mkdir "$work/job"
cd "$work/job"

digest_of() { "$N2C" digest "$registry/$1" --creds 'robot:s3cret word'; }
# runs VARIABLE=VALUE… -- COMMAND…: with these variables alone
runs() {
  local variables=()
  while [ "$1" != -- ]; do variables+=("$1"); shift; done
  shift
  env -i PATH="$PATH" HOME="$HOME" "${variables[@]}" "$@" >"$work/out" 2>"$work/step.log"
}
login=(PUSH_USERNAME=robot 'PUSH_PASSWORD=s3cret word')
options=PUSH_OPTIONS="--store-root $work"

check "the plain step pushes an image.json" runs "${login[@]}" "$options" PUSH_IMAGE="$work/image.json" \
  PUSH_DESTINATION="$registry/plain:1" PUSH_TAGS='latest 1.0' -- "$root/scripts/ci-push"
check "and prints what later commands may name" equal "$(cat "$work/out")" "$registry/plain:1@$(digest_of plain:1)"
check "it hands reference and digest on" equal "$(cat image.env)" \
  "IMAGE_REFERENCE=$registry/plain:1@$(digest_of plain:1)
IMAGE_DIGEST=$(digest_of plain:latest)"
check "each tag is there" equal "$(digest_of plain:1.0)" "$(digest_of plain:1)"

status=0
runs PUSH_USERNAME=robot PUSH_PASSWORD=wr0ng "$options" PUSH_IMAGE="$work/image.json" PUSH_DESTINATION="$registry/plain:2" -- \
  "$root/scripts/ci-push" || status=$?
check "a wrong login fails the step" equal "$status" 4
check "and is not printed" bash -c "! grep -q wr0ng '$work/out' '$work/step.log'"
status=0
runs PUSH_IMAGE="$work/image.json" -- "$root/scripts/ci-push" || status=$?
check "without a destination it says what it lacks" grep -q 'PUSH_DESTINATION: where the image goes' "$work/step.log"

# block FILE KEY: the text of the first `- |` below KEY.
block() {
  python3 - "$1" "$2" <<'PYTHON'
import re, sys, textwrap
text = open(sys.argv[1], encoding='utf-8').read()
found = re.search(rf'^( *){sys.argv[2]}:\n +- \|\n((?:\1    +.*\n|\n)+)', text, re.M)
lines = found[2].splitlines(True)
depth = len(lines[0]) - len(lines[0].lstrip())
print(''.join(line[depth:] or '\n' for line in lines), end='')
PYTHON
}
variables_of() { sed -n 's/^ *\(PUSH_[A-Z]*\): .*inputs\.\([a-z]*\) .*/\1 \2/p' "$1"; }
inputs_of() { sed -n '/^ *inputs:/,/^\(outputs:\|---\)/s/^ *\([a-z]*\):$/\1/p' "$1" | grep -vx 'inputs\|outputs' | sort | xargs; }

# GitHub's: one step, whose variables are the inputs.
action=$root/action.yml
check "every input of the action reaches the step" equal "$(variables_of "$action" | cut -d' ' -f2 | sort | xargs)" "$(inputs_of "$action")"
check "each as the variable of its name" equal "$(variables_of "$action" | awk '$1 != "PUSH_" toupper($2)')" ""
run=$(sed -n "s/^ *run: '\(.*\)'$/\1/p" "$action")
: >"$work/outputs"
check "the action's step pushes a flake's image" runs GITHUB_ACTION_PATH="$root" GITHUB_OUTPUT="$work/outputs" "${login[@]}" "$options" \
  PUSH_FLAKE=.#app PUSH_IMAGE= PUSH_TAGS= PUSH_DESTINATION="$registry/action:1" -- bash -e -o pipefail -c "$run"
check "its outputs are those that action.yml names" equal "$(cat "$work/outputs")" \
  "reference=$registry/action:1@$(digest_of action:1)
digest=$(digest_of action:1)"
for output in $(cut -d= -f1 "$work/outputs"); do
  grep -q "steps.push.outputs.$output }}" "$action" || fail "action.yml does not hand on $output"
done

# GitLab's: the same script, within the component.
component=$root/templates/push.yml
check "every input of the component but its stage reaches the job" equal \
  "$(variables_of "$component" | cut -d' ' -f2 | sort | xargs)" "$(inputs_of "$component" | xargs -n 1 | grep -vx stage | xargs)"
block "$component" script >"$work/script"
check "its script is that of scripts/ci-push" cmp <(sed '/^STEP/,$d;1d' "$work/script") <(sed '1,/^set -euo/d' "$root/scripts/ci-push")
rm image.env
check "the component's job pushes" runs "${login[@]}" "$options" PUSH_FLAKE=.#app PUSH_IMAGE= PUSH_TAGS=latest \
  PUSH_DESTINATION="$registry/component:1" -- sh -e "$work/script"
check "and leaves the file that its artifacts name" grep -qx "IMAGE_DIGEST=$(digest_of component:latest)" \
  "$(sed -n 's/^ *dotenv: //p' "$component")"
