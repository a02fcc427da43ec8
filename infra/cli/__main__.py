"""``python -m infra.cli``, and ``clauseworks`` once the project is set up."""

import sys

from infra.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
