#!/usr/bin/env bash
# What shells complete, each by the script that n2c has for it: commands, options, values that are a list, files.
. "$(dirname "$0")/common.inc"
need zsh fish
mkdir "$work/bin" "$work/files"
ln -s "$N2C" "$work/bin/n2c"
export PATH=$work/bin:$PATH HOME=$work
for shell in bash zsh fish; do n2c completion $shell >"$work/n2c.$shell"; done
cd "$work/files"
touch image.json

cat >"$work/bash" <<'BASH'
source "$WORK/n2c.bash"
COMP_LINE=$1 COMP_POINT=${#1}
_n2c
last=${1##*[ :=]}  # what bash completes
[ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$last")  # what -o default does
printf '%s\n' "${COMPREPLY[@]}"
BASH
in_bash() { WORK=$work bash "$work/bash" "$1" | sort -u | xargs; }
in_fish() { fish --no-config -c "source $work/n2c.fish; complete -C '$1'" | cut -f1 | sort -u | xargs; }
cat >"$work/zsh" <<'ZSH'
zmodload zsh/zpty
zpty line zsh -f
zpty -w line 'autoload -Uz compinit && compinit -u -d $WORK/zcompdump && source $WORK/n2c.zsh'
zpty -w line 'show() { print -r -- "$BUFFER" >$WORK/half && mv $WORK/half $WORK/line; exit }'
zpty -w line 'zle -N show && bindkey "^G" show && bindkey "^I" complete-word'
zpty -n -w line "$1"$'\t\a'
while zpty -r line; do [[ ! -e $WORK/line ]] || exit 0; done
ZSH
in_zsh() { # the line after Tab
  rm -f "$work/line"
  WORK=$work timeout 60 zsh -f "$work/zsh" "$1" >"$work/zsh.log" 2>&1 || fail "zsh does not come to an end: $1"
  sed 's/ *$//' "$work/line"
}

# What --help lists is what there is.
commands=$(n2c --help | sed -n '/^[A-Z].*:$/,$p' | sed -n 's/^  \([a-z][a-z-]*\)\( .*\)\{0,1\}$/\1/p' | sort -u | xargs)
options=$(n2c push --help | grep -oE '^  +(-[a-z], )*--[a-z-]+(, --[a-z-]+)*' | tr ', ' '\n\n' | grep . | sort -u | xargs)
[[ " $commands " == *" push "* ]] || fail "no commands in --help: $commands"
for shell in bash fish; do
  check "$shell: a command" equal "$(in_$shell 'n2c ')" "$commands"
  check "$shell: what is left of one" equal "$(in_$shell 'n2c comp')" completion
  check "$shell: a command in a command" equal "$(in_$shell 'n2c cache ')" "clear prune show"
  found=$(in_$shell 'n2c push --')
  for option in $options; do
    [[ $option == -? || " $found " == *" $option "* ]] || fail "$shell does not know push $option: $found"
  done
  echo "ok: $shell: an option of the command"
  check "$shell: and not of another one" equal "$(in_$shell 'n2c push --engin')" ""
  check "$shell: a value that is one of a few" equal "$(in_$shell 'n2c load --engine ')" "auto containerd docker podman"
  check "$shell: a file" equal "$(in_$shell 'n2c push im')" image.json
  check "$shell: a file as a value" equal "$(in_$shell 'n2c push --digest-file im')" image.json
done
check "bash: a value behind =" equal "$(in_bash 'n2c load --engine=p')" podman
check "fish: a value behind =" equal "$(in_fish 'n2c load --engine=p')" --engine=podman
check "zsh: a command" equal "$(in_zsh 'n2c pus')" "n2c push"
check "zsh: a command in a command" equal "$(in_zsh 'n2c cache cl')" "n2c cache clear"
check "zsh: an option of the command" equal "$(in_zsh 'n2c push --digest-f')" "n2c push --digest-file="
check "zsh: and not of another one" equal "$(in_zsh 'n2c push --engin')" "n2c push --engin"
check "zsh: a value that is one of a few" equal "$(in_zsh 'n2c load --engine=p')" "n2c load --engine=podman"
check "zsh: a file" equal "$(in_zsh 'n2c push im')" "n2c push image.json"

# Places: what addresses begin with, and what was pushed to.
start_n2c_registry --memory
make_image 2
"$N2C" push "$work/image.json" "$registry/acme/app:1.4" --store-root "$work" -q >"$work/push.log" 2>&1
port=${registry#*:}
for shell in bash fish; do
  check "$shell: what addresses begin with" equal "$(in_$shell 'n2c copy doc')" "docker-archive: docker-daemon: docker://"
  check "$shell: not for what takes files alone" equal "$(in_$shell 'n2c image doc')" ""
  check "$shell: nor for an option that takes one" equal "$(in_$shell 'n2c push --digest-file doc')" ""
done
check "bash: a registry that was pushed to" equal "$(in_bash 'n2c push ./image.json 127.0.0')" \
  "$registry/acme/app $registry/acme/app:1.4"
check "bash: its repository and tag, behind the :" equal "$(in_bash "n2c push ./image.json 127.0.0.1:$port/a")" \
  "$port/acme/app $port/acme/app:1.4"
check "bash: of an option" equal "$(in_bash 'n2c push ./image.json --reuse-from 127')" "$registry/acme/app $registry/acme/app:1.4"
check "bash: a file behind an address's kind" equal "$(in_bash 'n2c copy oci:im')" image.json
check "fish: a registry that was pushed to" equal "$(in_fish 'n2c push ./image.json 127.0.0')" \
  "$registry/acme/app $registry/acme/app:1.4"
check "zsh: what an address begins with" equal "$(in_zsh 'n2c copy docker-d')" "n2c copy docker-daemon:"
check "zsh: a registry that was pushed to" equal "$(in_zsh 'n2c tags 127.0')" "n2c tags $registry/acme/app"
check "zsh: a file behind an address's kind" equal "$(in_zsh 'n2c copy dir:im')" "n2c copy dir:image.json"
"$N2C" complete /nix/store/ >"$work/places"
check "an image's description in the store" equal "$(cat "$work/places")" \
  "$(find /nix/store -maxdepth 1 -name '*-image-*.json' 2>/dev/null | sort || true)"

status=0
n2c completion tcsh >"$work/none" 2>&1 || status=$?
check "another shell is refused in a sentence" equal "$status $(head -n 1 "$work/none")" '2 n2c: no completion is made for the shell "tcsh"'
