"""An image of store paths whose bytes are random, so that nothing compresses and nothing is sent before."""
import json
import os


def make(folder, sizes, run):
    """Describes one layer for each size, in bytes, below the folder, which is the store's root. `run` runs n2c with the words it
    is given and raises where that fails. Returns the words that name the image to other commands."""
    graph = []
    for number, size in enumerate(sizes):
        path = f'/nix/store/{number:032d}-part{number}'
        (folder / path[1:]).mkdir(parents=True)
        (folder / path[1:] / 'data').write_bytes(os.urandom(size))
        graph.append({'path': path, 'references': []})
    (folder / 'graph.json').write_text(json.dumps(graph))
    (folder / 'config.json').write_text('{}')
    run('layers-from-reproducible-storepaths', folder / 'layers.json', folder / 'graph.json', '--max-layers', len(sizes),
        '--store-root', folder)
    run('image', folder / 'image.json', folder / 'config.json', folder / 'layers.json')
    return [folder / 'image.json', '--store-root', folder]
