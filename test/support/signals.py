"""Whether a process of n2c has come so far that a signal asks it to stop."""
import pathlib
import re
import signal


def are_heeded(process):
    """It blocks SIGTERM, for a thread of it waits for that. Before, a signal ends it at once; after its end it is true too."""
    if process.poll() is not None:
        return True
    blocked = int(re.search(r'SigBlk:\s+([0-9a-f]+)', pathlib.Path(f'/proc/{process.pid}/status').read_text(encoding='ascii'))[1], 16)
    return blocked >> (signal.SIGTERM - 1) & 1 == 1
