"""The figures beside the quotas, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.aws.quotas.table import QUOTAS, Figure

HEAD = ("quota", "of")


def table(columns: Mapping[str, Sequence[Figure]]) -> str:
    """Return one line for each thing that is measured: its figure in each column, and the quota."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for column, figures in columns.items():
        for figure in figures:
            mark = "!" if figure.exceeds else ""
            cells.setdefault((figure.quota, figure.thing), {})[column] = f"{figure.value:,}{mark}"
    order = list(QUOTAS)
    lines = [(*HEAD, *columns, "at most")]
    for quota, thing in sorted(cells, key=lambda key: order.index(key[0])):
        figures_of = cells[quota, thing]
        shown = [figures_of.get(column, "") for column in columns]
        lines.append((QUOTAS[quota].name, thing, *shown, f"{QUOTAS[quota].limit:,}"))
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(_line(line, widths) for line in lines)


def refusals(columns: Mapping[str, Sequence[Figure]]) -> list[str]:
    """Return a sentence for each figure above its quota, with the source of the quota."""
    return [
        f"{column}: {QUOTAS[figure.quota].name}: {figure.thing} has {figure.value:,}, "
        f"{QUOTAS[figure.quota].limit:,} are allowed; {QUOTAS[figure.quota].source}"
        for column, figures in columns.items()
        for figure in figures
        if figure.exceeds
    ]


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    texts = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
    return "  ".join([*texts, *numbers])
