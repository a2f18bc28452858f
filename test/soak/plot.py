"""Memory and descriptors of processes over time, as SVG."""

WIDTH, HEIGHT, LEFT, TOP, GAP = 720, 170, 60, 30, 60
COLOURS = ['#2b6cb0', '#c05621', '#2f855a', '#6b46c1']


def chart(samples, column, title, top):
    """`samples`: {name: [(second, MiB, descriptors) or None where it was down]}."""
    found = [one for rows in samples.values() for one in rows if one]
    longest = max((one[0] for one in found), default=1) or 1
    highest = max((one[column] for one in found), default=1) * 1.1 or 1
    parts = [f'<text x="{LEFT}" y="{top - 8}">{title}</text>']
    for share in (0, 0.5, 1):
        y = top + HEIGHT * (1 - share)
        parts += [f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>',
                  f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{highest * share:.0f}</text>']
    for (name, rows), colour in zip(samples.items(), COLOURS):
        pieces, piece = [], []
        for one in rows + [None]:
            if one:
                piece.append(f'{LEFT + WIDTH * one[0] / longest:.1f},{top + HEIGHT * (1 - one[column] / highest):.1f}')
            elif piece:
                pieces.append(piece)
                piece = []
        parts += [f'<polyline points="{" ".join(piece)}" fill="none" stroke="{colour}" stroke-width="1.3"><title>{name}</title></polyline>'
                  for piece in pieces]
    parts.append(f'<text x="{LEFT + WIDTH}" y="{top + HEIGHT + 16}" text-anchor="end">{longest / 60:.0f} min</text>')
    return parts


def thinned(rows, most=400):
    """As many as a picture shows."""
    step = max(1, len(rows) // most)
    return [one for number, one in enumerate(rows) if number % step == 0 or one is None]


def picture(samples):
    samples = {name: thinned(rows) for name, rows in samples.items()}
    height = TOP + 2 * (HEIGHT + GAP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 20}" height="{height}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>']
    parts += chart(samples, 1, 'memory, MiB', TOP)
    parts += chart(samples, 2, 'open descriptors', TOP + HEIGHT + GAP)
    for number, (name, colour) in enumerate(zip(samples, COLOURS)):
        parts.append(f'<text x="{LEFT + 170 * number}" y="{height - 8}" fill="{colour}">{name}</text>')
    return '\n'.join(parts + ['</svg>']) + '\n'
