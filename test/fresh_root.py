"""A Debian made anew, with a clone of what is committed in this checkout, in which scripts try what a new machine would."""
import os
import pathlib
import subprocess

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or '~/.cache').expanduser()
# What a system gets besides what scripts/setup installs there: what a clone and a login shell of Debian have.
BARE = 'git,ca-certificates'
CLONE = 'root/n2c'  # in the system's folder


class NoRoot(Exception):
    """It could not be made; its words say why."""


def run(*command):
    print('+', *command, flush=True)
    return subprocess.run([str(word) for word in command], cwd=CHECKOUT, check=False).returncode


def fresh(root, suite, keep=False):
    """Makes the folder by scripts/root, and the clone in it: anew, or with `keep` what it has of an earlier run. Returns the clone."""
    if not keep:
        run('rm', '-rf', '--one-file-system', root)
    if run('scripts/root', 'make', root, suite, BARE):
        raise NoRoot(f'no {suite} could be made by mmdebstrap')
    clone = root / CLONE
    run('rm', '-rf', '--one-file-system', clone)
    if run('git', 'clone', '-q', CHECKOUT, clone):
        raise NoRoot('the checkout could not be cloned')
    return clone
