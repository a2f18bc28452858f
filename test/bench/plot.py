"""A bar for each row: how long n2c takes where its peer takes 1."""

LEFT, WIDTH, STEP = 230, 420, 26


def bars(results):
    height = STEP * len(results) + 50
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" height="{height}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="100%" height="100%" fill="white"/>',
             f'<text x="{LEFT}" y="18" fill="#555">time of n2c, where the peer takes 1 '
             '(light: what it may take at most)</text>']
    for i, result in enumerate(results):
        top = 30 + i * STEP
        ratio = min(result.ours / result.theirs, 1.5)
        allowed = min(result.at_most, 1.5)
        parts += [f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{result.name}</text>',
                  f'<rect x="{LEFT}" y="{top}" width="{WIDTH * allowed / 1.5:.1f}" height="18" fill="#dde6f0"/>',
                  f'<rect x="{LEFT}" y="{top + 3}" width="{max(WIDTH * ratio / 1.5, 1):.1f}" height="12" fill="#2b6cb0"/>',
                  f'<text x="{LEFT + WIDTH * max(ratio, allowed) / 1.5 + 6:.1f}" y="{top + 14}">'
                  f'{result.ours / result.theirs:.3f}</text>']
    one = LEFT + WIDTH / 1.5
    parts += [f'<line x1="{one}" y1="26" x2="{one}" y2="{height - 16}" stroke="#999" stroke-dasharray="3 3"/>',
              f'<text x="{one}" y="{height - 4}" text-anchor="middle" fill="#555">1</text>', '</svg>']
    return '\n'.join(parts) + '\n'
