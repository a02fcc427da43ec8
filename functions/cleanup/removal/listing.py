"""Lists of what is overdue, worked off within the time of one run."""

from __future__ import annotations

from collections.abc import Callable

from shared.jobs.runner import Remaining

PAGE = 100
RESERVE = 5.0


def work_off(
    overdue: Callable[[int], list[str]], handle: Callable[[str], None], remaining: Remaining, page: int = PAGE
) -> bool:
    """Handle each id of a list, until ``remaining()`` seconds run short.

    ``overdue`` returns the first so many ids of the list, as it is then. Return whether its end was reached.
    """
    seen: set[str] = set()
    while True:
        # What could not be handled stays in front of the list: read past it.
        fresh = [identifier for identifier in overdue(page + len(seen)) if identifier not in seen]
        for identifier in fresh:
            if remaining() < RESERVE:
                return False
            seen.add(identifier)
            handle(identifier)
        if not fresh:
            return True
