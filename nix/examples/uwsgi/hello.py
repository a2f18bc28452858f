def app(request, start):
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'Hello from a small layer\n']
