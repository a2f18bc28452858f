"""What is done while a call fails, and what must hold afterwards.

Each is a function of the world and a fault (or None), and returns (Done, what is wrong or None): after success the result is
right; after an error there is none, or a right one, and nothing half-written.
"""
import errno
import json
import pathlib
import shutil
import stat
import time

import whole
from faults import MEMORY
from world import RETRIES, Done, Server

CODES = {0, 2, 3, 4, 5, 6, 7, 8}
BUILD_CODES = {0, 1, 8}  # 8 where memory ends before it is known which command it is
# Where removing or looking is what fails, what was begun cannot be removed.
CANNOT_TIDY = {'unlink', 'rename', 'link', 'stat', 'fstat', 'openat', 'fdopendir', 'readdir'}
# Where speaking is what fails, nothing can be said.
CANNOT_SPEAK = {'write', 'poll', 'fstat', 'malloc', 'calloc', 'realloc'}


def judged(done, fault, state, codes=None):
    """`state`: None for whole, ABSENT, or what is wrong."""
    codes = codes or CODES
    if wrong := done.broke(codes):
        return wrong
    if 'left in TMPDIR' in done.said:
        return done.said[-200:]
    if done.code == 0:
        return None if state is None else f'success, and the result {state}'
    if state not in (None, whole.ABSENT):
        return f'exit {done.code}, and the result: {state}'
    is_mute = fault is not None and (fault.kind in ('write', 'poll') or (fault.goes_on and fault.kind in CANNOT_SPEAK))
    if not done.said.strip() and not is_mute:
        return f'exit {done.code} without a word'
    return None


def push(world, fault, *more):
    name = f'app{next(world.numbers)}'
    done = world.run(fault, 'push', *RETRIES, *more, *world.image, f'{world.registry.at}/{name}:1')
    return done, judged(done, fault, pushed(world, name, None if more else world.manifest))


def pushed(world, name, wanted=None):
    """The state of what a run pushed, which is then removed."""
    state = whole.in_registry(world.registry.at, name, '1', wanted)
    status, manifest = whole.ask(world.registry.at, f'/v2/{name}/manifests/1')
    if status == 200:
        whole.forget(world.registry.at, name, manifest)
    return state


def push_zstd(world, fault):
    return push(world, fault, '--compression', 'zstd', '--chunk-size', '100000', '--layer-index')


def into_layout(world, fault, *words):
    folder = world.new_folder()
    done = world.run(fault, *words, f'oci:{folder}/to:1')
    state = whole.layout_folder(folder / 'to') if (folder / 'to').exists() else whole.ABSENT
    if fault and fault.kind in CANNOT_TIDY and state and state.startswith('left '):
        state = whole.ABSENT if done.code else None
    wrong = judged(done, fault, state)
    if not wrong and done.code != 0:
        again = world.run(None, *words, f'oci:{folder}/to:1')
        wrong = judged(again, None, whole.layout_folder(folder / 'to')) and f'the next run into that folder: {again.said[-200:]}'
    shutil.rmtree(folder)
    return done, wrong


def push_layout(world, fault):
    return into_layout(world, fault, 'push', *world.image)


def copy(world, fault):
    return into_layout(world, fault, 'copy', *RETRIES, f'docker://{world.registry.at}/base:1')


def copy_registry(world, fault):
    name = f'app{next(world.numbers)}'
    done = world.run(fault, 'copy', *RETRIES, f'oci:{world.place}/layout:1', f'docker://{world.registry.at}/{name}:1')
    return done, judged(done, fault, pushed(world, name, world.manifest))


def archive(world, fault, kind, check, *words):
    folder = world.new_folder()
    done = world.run(fault, *words, f'{kind}:{folder}/a.tar' + (':app:1' if kind == 'docker-archive' else ':1'))
    state = check(folder / 'a.tar')
    left = whole.files_in(folder) - {'a.tar'}
    if left and state in (None, whole.ABSENT) and not (fault and fault.kind in CANNOT_TIDY):
        state = f'left {sorted(left)[0]}'
    shutil.rmtree(folder)
    return done, judged(done, fault, state)


def copy_archive(world, fault):
    return archive(world, fault, 'docker-archive', whole.docker_archive, 'copy', *RETRIES, f'docker://{world.registry.at}/base:1')


def push_archive(world, fault):
    return archive(world, fault, 'oci-archive', whole.oci_archive, 'push', *world.image)


def pull(world, fault):
    folder = world.new_folder()
    done = world.run(fault, 'pull', *RETRIES, f'{world.registry.at}/base:1', folder / 'to')
    state = whole.pulled_folder(folder / 'to', world.manifest)
    left = whole.files_in(folder)
    if done.code != 0 and state is not None:  # a pull that is tried again goes on with the blobs that are whole
        state = whole.half_written(folder, left, r'to/[0-9a-f]{64}|to/\.n2c.*') or whole.ABSENT
        if fault and (fault.kind in CANNOT_TIDY or (fault.kind in MEMORY and fault.goes_on)):
            state = whole.ABSENT
    wrong = judged(done, fault, state)
    if not wrong and state is not None and done.code not in (0, None) and not (fault and fault.kind in CANNOT_TIDY):
        again = world.run(None, 'pull', *RETRIES, f'{world.registry.at}/base:1', folder / 'to')
        if again.code != 0 or whole.pulled_folder(folder / 'to', world.manifest):
            wrong = f'the next pull into that folder: {again.said[-200:]}'
    shutil.rmtree(folder)
    return done, wrong


def load(world, fault):
    name = f'docker.io/library/app{next(world.numbers)}:1'
    done = world.run(fault, 'load', '--engine', 'docker', '--via', 'archive', *world.image, name,
                     more={'DOCKER_HOST': f'unix://{world.place}/docker.sock'})
    names = {name, name.removeprefix('docker.io/library/')}
    found = {world.engine.tags.get(one) for one in names} - {None}
    return done, judged(done, fault, None if found else whole.ABSENT)


def login(world, fault, helper=False):
    folder = world.new_folder()
    before = {'auths': {'other.example': {'auth': 'YTpi'}}, 'kept': [1]}
    if helper:
        before['credsStore'] = 'torture'
    (folder / 'config.json').write_text(json.dumps(before), encoding='utf-8')
    (folder / 'config.json').chmod(0o600)
    program = folder / 'docker-credential-torture'
    program.write_text(f'#!/bin/sh\nunset LD_PRELOAD\n[ "$1" = store ] && exec cat >"{folder}/kept"\n'
                       'cat >/dev/null; echo "credentials not found in native keychain"; exit 1\n', encoding='utf-8')
    program.chmod(0o755)
    path = {'DOCKER_CONFIG': str(folder), 'PATH': f'{folder}:/usr/bin:/bin'}
    done = world.run(fault, 'login', *RETRIES, world.guarded.at, '-u', 'ada', '--password-stdin', stdin=b'secret\n', more=path)
    try:
        after = json.loads((folder / 'config.json').read_text(encoding='utf-8'))
        kept = (folder / 'kept').read_text(encoding='utf-8') if (folder / 'kept').exists() else ''
        is_there = 'secret' in kept if helper else bool(after['auths'].get(world.guarded.at, {}).get('auth'))
        state = None if is_there else whole.ABSENT
        if after.get('kept') != [1] or after['auths']['other.example'] != {'auth': 'YTpi'}:
            state = 'the other logins are lost'
        if stat.S_IMODE((folder / 'config.json').stat().st_mode) & 0o077 and is_there and not helper:
            state = 'the login can be read by others'
    except (ValueError, KeyError) as why:
        state = f'config.json: {why!r}'
    left = whole.files_in(folder) - {'config.json', 'kept', program.name}
    if left - {'config.json.lock', '.config.json.lock'} and not (fault and fault.kind in CANNOT_TIDY):
        state = state if state not in (None, whole.ABSENT) else f'left {sorted(left)}'
    shutil.rmtree(folder)
    return done, judged(done, fault, state)


def login_helper(world, fault):
    return login(world, fault, helper=True)


def build(world, fault):
    """layers.json."""
    folder = world.new_folder()
    done = world.run(fault, 'layers-from-reproducible-storepaths', folder / 'layers.json', world.place / 'graph.json', *world.of_layers)
    return done, built(world, fault, done, folder, 'layers.json')


def build_image(world, fault):
    """image.json."""
    folder = world.new_folder()
    done = world.run(fault, 'image', folder / 'image.json', world.place / 'config.json', world.place / 'layers.json')
    return done, built(world, fault, done, folder, 'image.json')


def built(world, fault, done, folder, name):
    state = whole.ABSENT
    if (folder / name).exists():
        state = None if (folder / name).read_bytes() == (world.place / name).read_bytes() else f'is another {name}'
    left = whole.files_in(folder) - {name}
    if left and not (fault and fault.kind in CANNOT_TIDY):
        state = f'left {sorted(left)[0]}'
    shutil.rmtree(folder)
    return judged(done, fault, state, BUILD_CODES)


def build_tars(world, fault):
    """layers.json and the layers' tars, which go where it cannot be written."""
    folder = world.new_folder()
    done = world.run(fault, 'layers-from-non-reproducible-storepaths', folder / 'layers.json', world.place / 'graph.json',
                     *world.of_layers, '--tar-directory', folder)
    state = whole.ABSENT
    try:
        if (folder / 'layers.json').exists():
            state = None
            for layer in json.loads((folder / 'layers.json').read_text(encoding='utf-8')):
                if whole.digest_of(pathlib.Path(layer['layer-path']).read_bytes()) != layer['diff_ids']:
                    state = 'a tar has another digest'
        elif whole.files_in(folder) and not (fault and fault.kind in CANNOT_TIDY):
            state = f'left {sorted(whole.files_in(folder))[0]}'
    except (OSError, ValueError, KeyError) as why:
        state = repr(why)
    shutil.rmtree(folder)
    return done, judged(done, fault, state, BUILD_CODES)


def serve(world, fault):
    """A server whose calls fail: a push there, a second one, a pull; then, without a fault, what it kept."""
    place = world.new_folder()
    environment = world.home()
    server = Server(world.program, environment | (fault.environment if fault else {}), place, '--root', place / 'root')
    pushed, wrong, is_free = [], None, True
    if server.at:
        pushed = [world.run(None, 'push', *RETRIES, *world.image, f'{server.at}/app/a{i}:1') for i in range(2)]
        if pushed[1].code == 0 and not (fault and fault.kind == 'accept' and fault.goes_on):
            pulled = world.run(None, 'copy', *RETRIES, f'docker://{server.at}/app/a1:1', f'dir:{place}/pulled')
            wrong = pulled.broke(CODES) and f'a pull from it: {pulled.broke(CODES)}'
        if fault and fault.kind == 'accept' and fault.number == errno.EINVAL and fault.goes_on and any(one.code != 0 for one in pushed):
            server.await_end()
        is_free = world_of_descriptors(world, server, fault)
    codes_of_pushes = [one.code for one in pushed]
    died = server.process.poll() is not None
    done = server.end()
    codes = CODES - {0} if died else {0, 130}
    if fault and (fault.kind in ('write', 'poll') or (fault.kind in MEMORY and fault.goes_on)):
        codes = codes | {8}  # a line of its log is lost, or there is no memory to end with
    if fault and fault.kind == 'accept' and fault.goes_on:
        if any(one.code is None for one in pushed) and 'connection' not in done.said:
            wrong = f'it is alive and deaf, without a word: {done.said[-300:]}'
        pushed = [one for one in pushed if one.code is not None]  # who is never accepted waits as long as he likes
    wrong = wrong or done.broke(codes if not died or done.code != 0 else {0})
    wrong = wrong or next((f'a push to it: {one.broke(CODES)}' for one in pushed if one.broke(CODES)), None)
    once = fault is not None and not fault.goes_on
    if not wrong and once and not died and pushed and pushed[1].code != 0:
        wrong = f'the second push after one failing call: {pushed[1].said[-300:]}'
    if not wrong and once and not died and not is_free:
        wrong = 'it keeps more descriptors open than without a fault'
    wrong = wrong or kept(world, place, codes_of_pushes)
    shutil.rmtree(environment['HOME'], ignore_errors=True)
    shutil.rmtree(place)
    return Done(done.code if died or not pushed else pushed[0].code, done.said), wrong


def world_of_descriptors(world, server, fault):
    """Whether the server is back at as many descriptors as one that nothing failed in. The first one tells how many."""
    deadline = time.monotonic() + 2
    while True:
        now = server.descriptors()
        if fault is None:
            time.sleep(0.2)
            world.idle_descriptors = min(getattr(world, 'idle_descriptors', 1000), server.descriptors())
            return True
        if now <= world.idle_descriptors:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)


def kept(world, place, codes):
    """What a server without a fault finds in the folder: each acknowledged tag whole, no other one half."""
    again = Server(world.program, world.home(), place, '--root', place / 'root')
    if not again.at:
        return f'the server does not start again: {again.end().said[-300:]}'
    try:
        for number in range(2):
            state = whole.in_registry(again.at, f'app/a{number}', '1', world.manifest)
            if state not in ((None,) if codes[number:number + 1] == [0] else (None, whole.ABSENT)):
                return f'after it: push {number} ended with {codes[number:number + 1]}, and its tag {state}'
        left = whole.files_in(place / 'root/uploads')
        return f'uploads/{sorted(left)[0]} stays' if left else None
    finally:
        again.end()


def collect(world, fault):
    """serve --gc where a tag was moved."""
    if not hasattr(world, 'garbage'):
        world.garbage = world.new_folder() / 'root'
        server = Server(world.program, world.home(), world.garbage.parent, '--root', world.garbage)
        for words in (['--annotation', 'a=b'], []):
            world.must('push', *words, *world.image, f'{server.at}/app/a0:1')
        server.end()
    place = world.new_folder()
    shutil.copytree(world.garbage, place / 'root', copy_function=shutil.copy2)
    done = world.run(fault, 'serve', '--gc', '--root', place / 'root')
    state = kept(world, place, [0])
    shutil.rmtree(place)
    return done, judged(done, fault, state)


ALL = {one.__name__: one for one in (push, push_zstd, push_layout, push_archive, load, copy, copy_registry, copy_archive, pull, login,
                                     login_helper, build, build_image, build_tars, serve, collect)}
