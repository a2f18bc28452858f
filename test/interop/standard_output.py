#!/usr/bin/env python3
"""What each command prints on standard output: as it is, with -q, and with --json, whose object must fit its schema
in docs/schemas. The table of docs/results.md is what this test sees; N2C_ACCEPT=1 writes it.

usage: standard_output.py N2C
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'support'))
import json_schema  # noqa: E402
from desk import Desk, start_engine  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / 'docs/results.md'
MADE = re.compile(r'(<!-- made by test/interop/standard_output.py -->\n).*?(?=<!-- end -->)', re.S)
APP = Desk.HOST + '/app'
wrong = 0


def check(what, holds, seen=''):
    global wrong
    print(('ok: ' if holds else 'FAILED: ') + what + ('' if holds else f': {seen}'))
    wrong += not holds


def push_gone(desk):
    desk.must(f'push second.json {APP}:gone --store-root .')


def no_folder(desk):
    shutil.rmtree(desk.place / 'folder', ignore_errors=True)


def stored_manifest(desk):
    manifest = desk.must(f'pull {APP}:1 - --manifest')
    (desk.place / 'manifest.json').write_text(manifest)
    stored = json.loads(manifest)
    blobs = [blob['digest'].removeprefix('sha256:') for blob in (stored['config'], *stored['layers'])]
    (desk.place / 'blobs.json').write_text(json.dumps({digest: f'folder/{digest}' for digest in blobs}))


def docker_tools(desk):
    paths = [one['path'] for one in json.loads((desk.place / 'graph.json').read_text())]
    (desk.place / 'nix/store/custom').mkdir(exist_ok=True)
    (desk.place / 'nix/store/custom/layer.tar').write_bytes(bytes(1024))
    (desk.place / 'nix/store/custom/checksum').write_text(hashlib.sha256(bytes(1024)).hexdigest())
    (desk.place / 'conf.json').write_text(json.dumps({
        'architecture': 'amd64', 'os': 'linux', 'config': {}, 'store_dir': '/nix/store', 'from_image': None, 'store_layers': [paths],
        'customisation_layer': '/nix/store/custom', 'repo_tag': 'app:1', 'created': '1970-01-01T00:00:01+00:00',
        'mtime': '1970-01-01T00:00:01+00:00', 'uid': '0', 'gid': '0', 'uname': 'root', 'gname': 'root'}))


# (command as it is shown, what the test adds, what has to be before each run). In this order.
ROWS = [
    ('layers-from-reproducible-storepaths made.json graph.json', '--store-root .', None),
    ('layers-from-non-reproducible-storepaths kept.json graph.json', '--store-root . --tar-directory tars', None),
    ('image again.json config.json layers.json', '', None),
    (f'push image.json {APP}:1', '--store-root . -t latest', None),
    (f'push image.json {APP}:1 --dry-run', '--store-root .', None),
    (f'push --all images {Desk.HOST}/all', '--store-root .', None),
    (f'push --index image.json {APP}:all', '--store-root .', None),
    ('push image.json oci:layout:1', '--store-root .', None),
    ('push image.json dir:one', '--store-root .', None),
    ('push image.json -', '--store-root .', None),
    (f'copy {APP}:1 {APP}:2', '', None),
    ('copy ./image.json oci:layout:2', '--store-root .', None),
    (f'index {APP}:1 {APP}:all', '', None),
    (f'pull {APP}:1 folder', '', no_folder),
    (f'pull {APP}:1 - --manifest', '', None),
    ('load image.json app:1', '--store-root . --engine docker', None),
    ('load image.json', '--store-root . --engine docker', None),
    ('image-from-dir base.json folder', '', None),
    ('image-from-manifest base.json manifest.json blobs.json', '', stored_manifest),
    ('image-from-dockertools conf.json base.json', '--store-root .', docker_tools),
    (f'tag {APP}:1 stable', '', None),
    (f'tags {APP}', '', None),
    (f'digest {APP}:1', '', None),
    ('inspect image.json', '--store-root .', None),
    ('inspect image.json --layer 1', '--store-root .', None),
    (f'inspect {APP}:1', '', None),
    ('diff image.json second.json', '--store-root .', None),
    (f'verify image.json {APP}:1', '--store-root .', None),
    ('verify image.json', '--store-root .', None),
    ('sbom image.json', '--store-root .', None),
    ('provenance image.json', '--store-root .', None),
    (f'attach {APP}:1 config.json --type text/plain', '', None),
    (f'referrers {APP}:1', '', None),
    ('cache show', '', None),
    (f'cache prune {APP}', '', None),
    ('cache clear', '', None),
    (f'login {Desk.HOST} --creds ada:secret', '', None),
    (f'logout {Desk.HOST}', '', None),
    (f'delete {APP}:gone', '', push_gone),
    ('config', '', None),
    ('completion bash', '', None),
]
BYTES = {'push image.json -': 'an archive', f'pull {APP}:1 - --manifest': 'the manifest', 'sbom image.json': 'a bill of materials', 'provenance image.json': 'a statement',
         'completion bash': 'a script', 'config': 'a line for each option', 'cache show': 'a line about the file, one for each repository',
         'inspect image.json': 'what the image is', f'inspect {APP}:1': 'what the image is', 'inspect image.json --layer 1': "a line for each store path",
         'diff image.json second.json': 'what differs', f'push image.json {APP}:1 --dry-run': 'a line for each layer'}
ELSEWHERE = {'serve'}


def brief(text):
    text = re.sub(r'sha256:[0-9a-f]{64}', 'sha256:…', text)
    return re.sub(r' \(.*?\)', '', text) if '/home/' in text else text


def shown(words, text):
    """A cell of the table."""
    if not text:
        return 'nothing'
    if words in BYTES:
        return BYTES[words]
    return '<br>'.join(f'`{brief(line)}`' for line in text.splitlines())


def schema_faults(text):
    """What is wrong with what --json printed, and its schema's name."""
    try:
        value = json.loads(text)
    except ValueError as error:
        return [f'{error}: {text[:200]}'], ''
    name = value.get('schema', '')
    file = ROOT / 'docs/schemas' / (name.removeprefix('n2c.').replace('/', '-') + '.json')
    if not name or not file.exists():
        return [f'schema is {name!r}, and {file} is not there'], name
    if list(value)[:2] != ['schema', 'command']:
        return ['schema and command do not come first'], name
    return list(json_schema.faults(value, json.loads(file.read_text()))), name


def json_cell(desk, words, more):
    code, out, err = desk.run(f'{words} {more} --json -q' if '--quiet' in help_of(desk, words) else f'{words} {more} --json')
    if words.startswith('push image.json -') and '--dry' not in words or '--manifest' in words:
        check(f'{words} --json is refused: its output is taken', code == 2 and not out, (code, err))
        return 'refused'
    check(f'{words} --json succeeds', code == 0, err)
    if words.startswith('tags'):
        check('tags --json has the words of skopeo', list(json.loads(out)) == ['Repository', 'Tags'], out)
        return "skopeo's object"
    lines = out.splitlines() if words.startswith('push --all') else [out]
    names = set()
    for line in lines:
        faults, name = schema_faults(line)
        check(f'{words} --json fits {name}', not faults, faults)
        names.add(name)
    name = names.pop()
    linked = f'[`{name}`](schemas/{name.removeprefix("n2c.").replace("/", "-")}.json)'
    return linked + (', a line for each image' if words.startswith('push --all') else '')


def help_of(desk, words):
    names = [word for word in words.split()[:2] if re.fullmatch('[a-z-]+', word)]
    return desk.must([*(names if names[0] == 'cache' else names[:1]), '--help'])


def row_of(desk, words, more, prepare):
    options = help_of(desk, words)
    before = prepare or (lambda _: None)
    before(desk)
    code, out, err = desk.run(f'{words} {more}')
    check(f'{words}: exit 0', code == 0, err)
    cells = [f'`{words}`', shown(words, out)]
    cells.append('no such option')
    if '--quiet' in options:
        before(desk)
        code, quiet, err = desk.run(f'{words} {more} -q')
        check(f'{words} -q: the same result', code == 0 and (quiet == out or words == 'push image.json -'), (code, quiet, out, err))
        check(f'{words} -q: nothing on standard error', not err, err)
        cells[2] = 'the same'
    before(desk)
    cells.append(json_cell(desk, words, more) if re.search('^  --json', options, re.M) else 'no such option')
    return '| ' + ' | '.join(cells) + ' |'


def more_objects(desk):
    """Objects that no row has: each kind of image and of outcome."""
    for words, schema, code in (
            ('inspect image.json --what-if --closure-graph graph.json --store-root .', 'description', 0),
            ('inspect second.json --layer 2 --store-root /nowhere', 'layer', 3),
            ('inspect second.json --layer 2 --store-root home', 'layer', 0),
            (f'inspect {APP}:all', 'image', 0), ('inspect oci:layout:1', 'image', 0), ('inspect dir:one', 'image', 0),
            ('diff image.json second.json --closure-graph graph2.json --store-root .', 'diff', 0),
            (f'diff {APP}:1 second.json --store-root .', 'diff', 0),
            (f'verify second.json {APP}:1 --store-root .', 'verification', 7),
            (f'verify image.json {APP}:1 --deep --store-root .', 'verification', 0),
            (f'push second.json {APP}:1 -n --store-root . -t more', 'plan', 0),
            (f'push second.json {APP}:1 -n --store-root . -t more --no-reuse', 'plan', 0),
            ('push second.json docker-archive:tar:app:1 --store-root .', 'result', 0),
            (f'push image.json {APP}:1 --store-root . --sbom --attach config.json:text/plain', 'result', 0),
            (f'copy {APP}:1 {APP}-too:1 --referrers', 'result', 0),
            (f'cache prune {APP}-none', 'cache', 0), ('cache', 'cache', 0), ('config', 'settings', 0)):
        exit_code, out, err = desk.run(words + ' --json')
        check(f'{words} --json: exit {code}', exit_code == code, (exit_code, err))
        if code in (0, 7):
            faults, name = schema_faults(out)
            check(f'{words} --json fits {schema}', not faults and name == f'n2c.{schema}/1', faults or name)
    verified = json.loads(desk.run(f'verify second.json {APP}:1 --store-root . --json')[1])
    check('a difference is told in it', not verified['matches'] and 'layer 2 of 2' in verified['difference'], verified)
    shutil.copytree(desk.place / 'nix', desk.place / 'other/nix')
    for file in (desk.place / 'other/nix/store').glob('*hello-2.12/file'):
        file.write_bytes(b'other' * 2000)
    desk.must('layers-from-reproducible-storepaths third-layers.json graph.json --max-layers 2 --store-root other')
    desk.must('image third.json config.json third-layers.json')
    attached = json.loads(desk.must(f'push --index image.json {APP}:with --store-root . --attach config.json:text/plain --json'))
    check('what is attached to the images and to the index is listed',
          [one['name'] for one in attached['attachments']] == ['config.json'] * 2
          and attached['attachments'][-1]['subject'] == attached['digest'], attached)
    taken = json.loads(desk.must(f'copy {APP}:with {APP}-too:with --referrers --json'))
    check('and what is copied with an image is counted', taken['referrers']['copied'] > 0, taken)
    planned = json.loads(desk.must(f'push third.json {APP}:9 -n --store-root other -t more --json'))
    check('a dry run tells totals and tags', planned['totals']['send'] == 1 and planned['names'] == ['more'], planned)
    sent = sum(layer['size'] for layer in planned['layers'] if layer['would'] == 'send')
    check('and the bytes are those of its layers', planned['totals']['bytes_to_send'] == sent, planned)


def check_all_commands(desk):
    commands = set(re.findall(r'^  ([a-z][a-z-]+)\b', desk.must('--help'), re.M))
    told = {words.split()[0] for words, _, _ in ROWS} | ELSEWHERE
    check('each command has a row', len(commands) > 20 and commands <= told, commands - told)


def check_page(lines):
    head = ['| command | standard output | with `-q` | with `--json` |', '| --- | --- | --- | --- |']
    table = '\n'.join(head + lines)
    page = PAGE.read_text(encoding='utf-8')
    found = MADE.search(page)
    made = MADE.sub(lambda match: match[1] + table + '\n', page)
    if os.environ.get('N2C_ACCEPT') == '1':
        PAGE.write_text(made, encoding='utf-8')
    check('the table of docs/results.md is what was seen (N2C_ACCEPT=1 writes it)', found and (made == page or 'N2C_ACCEPT' in os.environ),
          '\n' + table)


def main():
    json_schema.self_test()
    with Desk(sys.argv[1]) as desk:
        desk.make_image()
        desk.host = desk.serve('--memory')
        start_engine(desk.place / 'docker.sock')
        os.environ.pop('DOCKER_HOST', None)
        plain = desk.environment
        desk.environment = lambda more: plain({'DOCKER_HOST': f'unix://{desk.place}/docker.sock'} | more)
        (desk.place / 'images').mkdir()
        for name in ('one', 'two'):
            shutil.copy(desk.place / ('image.json' if name == 'one' else 'second.json'), desk.place / f'images/{name}.json')
        lines = [row_of(desk, *row) for row in ROWS]
        lines.append('| `serve` | a line for each request | no such option | a JSON object for each request |')
        check_all_commands(desk)
        more_objects(desk)
        check_page(lines)
    sys.exit(1 if wrong else 0)


main()
