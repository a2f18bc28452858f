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
read -ra COMP_WORDS <<<"$1"
[ "${1: -1}" != ' ' ] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_n2c
[ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")  # what -o default does
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
check "bash: a value behind =" equal "$(in_bash 'n2c load --engine = p')" podman
check "fish: a value behind =" equal "$(in_fish 'n2c load --engine=p')" --engine=podman
check "zsh: a command" equal "$(in_zsh 'n2c pus')" "n2c push"
check "zsh: a command in a command" equal "$(in_zsh 'n2c cache cl')" "n2c cache clear"
check "zsh: an option of the command" equal "$(in_zsh 'n2c push --digest-f')" "n2c push --digest-file="
check "zsh: and not of another one" equal "$(in_zsh 'n2c push --engin')" "n2c push --engin"
check "zsh: a value that is one of a few" equal "$(in_zsh 'n2c load --engine=p')" "n2c load --engine=podman"
check "zsh: a file" equal "$(in_zsh 'n2c push im')" "n2c push image.json"

status=0
n2c completion tcsh >"$work/none" 2>&1 || status=$?
check "another shell is refused in a sentence" equal "$status $(head -n 1 "$work/none")" '2 n2c: no completion is made for the shell "tcsh"'
