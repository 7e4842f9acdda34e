"""The command line: one file per noun, one place where everything is put together (`desk`), and the only printing.

Exit status: 0 done, 1 failed, 2 wrong use or wrong site (nothing ran), 3 partly done, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit status. Causes are for everyone, tracebacks for `-vv`."""
    # No command wants plugins of pydantic: looking for them reads what is known of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from syndicate.cli.app import run

        status = run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:  # while it was still starting
        sys.stderr.write("Stopped before anything was done.\n")
        status = 130
    sys.exit(status)
