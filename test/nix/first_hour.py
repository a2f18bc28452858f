"""The part of first_hour.sh that reads the pages and types what they say.

usage: first_hour.py ROOT WORK REGISTRY [--write]
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT, WORK, REGISTRY = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
PAGES = ['README.md', 'docs/getting-started.md']
MORE = '        # more images\n'
HEAD = '''# The first hour

This page shows what the commands of [README](../README.md) and [getting
started](getting-started.md) print. `N2C_WRITE=1 test/nix/first_hour.sh build/src/n2c` typed them,
exactly as those pages have them, and wrote this page. It had no network: small programs of the
machine stand for the packages of nixpkgs, and `ghcr.io` is a registry on the loopback. Nix's own
notes are left out, and so are commands that need an engine (`docker`, `load`) or the internet.
'''
BEGIN, END = '\n<!-- made by test/nix/first_hour.sh -->\n', '<!-- end of what test/nix/first_hour.sh writes -->\n'


def blocks(text):
    """(language, lines) of each piece of code; of an indented one the language is 'sh'."""
    for found in re.finditer(r'^```(\w+)\n(.*?)^```$|^((?: {4}[^\n]*\n)+)', text, re.M | re.S):
        if found[1]:
            yield found[1], found[2]
        elif text[:found.start()].endswith('\n\n'):
            yield 'typed', ''.join(line[4:] for line in found[3].splitlines(True))


def to_local(text):
    return text.replace('ghcr.io/', f'{REGISTRY}/')


def shown(text):
    text = text.replace(f'{REGISTRY}/', 'ghcr.io/').replace(REGISTRY, 'ghcr.io').replace(str(WORK), '')
    nix = r"warning: |\(use '--show|building '/nix|these? .*derivation|  /nix/store/.*\.drv$|• |    ('path:|follows )"
    lines = [line for line in text.splitlines() if not re.match(nix, line)]
    return '\n'.join(lines)


def type_in(command, folder):
    print(f'$ {command}', flush=True)
    run = subprocess.run(['bash', '-c', to_local(command)], cwd=folder, text=True, check=False, timeout=200,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if run.returncode:
        sys.exit(f'FAILED: {command}\n{run.stdout}')
    return f'$ {command}\n{shown(run.stdout)}'.rstrip() + '\n'


def serve(command, folder):
    """A server is asked for its image, and ended."""
    words = (f'{command} -- --listen 127.0.0.1:0 --port-file served >served.log 2>&1 & until [ -s served ]; do sleep 0.1; done; '
             'n2c tags "127.0.0.1:$(cat served)/app" >tags; kill $!; wait $! || true; cat tags')
    print(f'$ {command}', flush=True)
    run = subprocess.run(['bash', '-c', words], cwd=folder, text=True, check=False, timeout=100, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    if run.returncode or len(run.stdout.strip()) != 32:
        sys.exit(f'FAILED: {command}: {run.stdout}')


def typed_lines(text):
    """Commands, with lines that end in \\ joined and notes behind # taken off."""
    for line in text.replace('\\\n', '').splitlines():
        line = re.sub(r' {2,}# .*$', '', line).strip()
        if line.startswith(('nix build', 'nix run', 'nix eval')):
            yield line


def flake_page(page, folder, until=None):
    """Follows a page whose first block is a flake."""
    said, flake = [], ''
    text = (ROOT / page).read_text(encoding='utf-8')
    for kind, code in blocks(text[:text.index(until)] if until else text):
        if kind == 'nix' and code.startswith('# flake.nix'):
            flake = to_local(code)
            (folder / 'flake.nix').write_text(flake, encoding='utf-8')
        elif kind == 'nix' and code.startswith('        '):
            flake = flake.replace(MORE, to_local(code) + MORE)
            (folder / 'flake.nix').write_text(flake, encoding='utf-8')
        elif kind == 'nix':
            subprocess.run(['nix-instantiate', '--parse', '-E', f'{{ pkgs, nix2container, ... }}: {{ {code} }}'], check=True,
                           stdout=subprocess.DEVNULL)
        elif kind in ('typed', 'sh'):
            for command in typed_lines(re.sub(r'^\$ ', '', code, flags=re.M)):
                if '.load' in command:
                    continue
                if '.serve' in command:
                    serve(command, folder)
                else:
                    said.append(type_in(command, folder))
    if not said:
        sys.exit(f'FAILED: {page} has nothing to type')
    return said


def without_nix(folder):
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    script = re.search(r'^## Without Nix\n.*?^```sh\n(.*?)^```$', text, re.M | re.S)[1]
    (folder / 'scripts').symlink_to(ROOT / 'scripts')
    print('README.md, without Nix', flush=True)
    run = subprocess.run(['bash', '-e'], cwd=folder, input=script, text=True, check=False, timeout=200, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    if run.returncode:
        sys.exit(f'FAILED: without Nix\n{run.stdout}')
    if '0 sent' not in run.stdout:
        sys.exit(f'FAILED: the second push sends something\n{run.stdout}')
    return ''.join(f'$ {line}\n' for line in script.replace('\\\n', '\\\n> ').splitlines()).replace('$ >', '>') + '\n' + shown(run.stdout) + '\n'


def main():
    parts = [HEAD]
    for page, title, until in [('README.md', 'README, with Nix', '## Without Nix'), ('docs/getting-started.md', 'Getting started', None)]:
        folder = WORK / title.split(',')[0].replace(' ', '-')
        folder.mkdir()
        parts.append(f'\n## {title}\n{BEGIN}\n```\n' + '\n'.join(flake_page(page, folder, until)) + f'```\n\n{END}')
    folder = WORK / 'without-nix'
    folder.mkdir()
    parts.append(f'\n## README, without Nix\n{BEGIN}\n```\n' + without_nix(folder) + f'```\n\n{END}')
    if '--write' in sys.argv:
        page = ROOT / 'docs/first-hour.md'
        # What scripts/first-hour writes stays.
        kept = re.search(r'^## On a fresh Debian\n.*\Z', page.read_text(encoding='utf-8'), re.M | re.S)
        page.write_text(''.join(parts) + (f'\n{kept[0]}' if kept else ''), encoding='utf-8')
    print('ok: every command of the pages does what they say')


os.environ['LC_ALL'] = 'C.UTF-8'
main()
