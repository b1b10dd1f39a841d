"""Results as a picture: ROC-AUC against the number of answers. Needs matplotlib, here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from localpersona.bench.protocol import BenchError
from localpersona.bench.results import Curve, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which people with any colour vision can tell apart; ours is the strongest.
OURS = ("#0072B2", "#009E73", "#56B4E9")
RIVALS = ("#D55E00", "#E69F00", "#CC79A7", "#8C510A", "#7A5195", "#4D4D4D", "#A6761D")
CONTROL = "#9A9A9A"
INK, FAINT = "#222222", "#DDDDDD"
GAP = 0.031
"""Between two labels, as a fraction of the axis' height."""


@dataclass(frozen=True)
class _Style:
    colour: str
    dashes: str
    width: float


def require() -> None:
    """Raise BenchError when matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise BenchError(
            "Drawing needs matplotlib, which is not installed: pip install 'localpersona[bench]'"
        )


def draw(results: Results, path: Path) -> None:
    """Write a PNG. Raises BenchError when matplotlib is not installed or the file cannot be written."""
    with picture(path, dpi=120) as (figure, axes):
        _axes(axes, results)
        for curve, style in zip(results.curves, _styles(results.curves), strict=True):
            _curve(axes, results, curve, style)
        _labels(axes, results)
        figure.subplots_adjust(left=0.065, right=0.685, top=0.87, bottom=0.10)


@contextmanager
def picture(path: Path, dpi: int) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure to draw into, which is then written as a PNG. Raises BenchError as `draw` does."""
    require()
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    with pyplot.rc_context({"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK}):
        figure, axes = pyplot.subplots(figsize=(11.0, 6.4), dpi=dpi)
        try:
            yield figure, axes
            figure.savefig(path, format="png", bbox_inches="tight", pad_inches=0.2)  # however long a name is
        except OSError as error:
            raise BenchError(f"{path} cannot be written: {error.strerror or error}") from None
        finally:
            pyplot.close(figure)


def _styles(curves: Sequence[Curve]) -> list[_Style]:
    """Ours blue to green and thick, rivals thin, controls grey; random questions are dashed."""
    ours, rivals = iter(OURS * len(curves)), iter(RIVALS * len(curves))
    colour_of: dict[str, str] = {}
    styles = []
    for curve in curves:
        family = curve.key.removesuffix("-random")
        if family not in colour_of:
            palette = {"ours": ours, "rival": rivals}.get(curve.kind)
            colour_of[family] = CONTROL if palette is None else next(palette)
        dashed = family != curve.key or curve.kind == "control"
        width = 2.4 if curve is curves[0] else 1.8 if curve.kind == "ours" else 1.4
        styles.append(_Style(colour_of[family], "--" if dashed else "-", width))
    return styles


def _axes(axes: Axes, results: Results) -> None:
    axes.set_xscale(
        "function", functions=(lambda x: abs(x) ** 0.5, lambda x: x**2)
    )  # early answers matter most
    axes.set_xlim(results.answers[0], max(results.answers[-1], 1))
    axes.set_xticks(results.answers, [str(count) for count in results.answers])
    axes.minorticks_off()
    axes.set_xlabel("answers given")
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    axes.set_title(
        f"How well a stranger's choices are predicted: {results.data}", loc="left", fontsize=13, pad=26
    )
    axes.text(
        0.0,
        1.025,
        f"ROC-AUC on {results.people} held-out people and held-out prompts; band: 95 % interval over people",
        transform=axes.transAxes,
        fontsize=9.5,
        color="#555555",
    )


def _curve(axes: Axes, results: Results, curve: Curve, style: _Style) -> None:
    values = [figure.value for figure in curve.auc]
    on_top = 3 if curve is results.curves[0] else 2
    axes.plot(
        results.answers,
        values,
        style.dashes,
        color=style.colour,
        linewidth=style.width,
        zorder=on_top,
        marker="o",
        markersize=style.width + 1.2,
        clip_on=False,
    )
    if curve is results.curves[0]:  # a dozen bands would hide each other; the tables have the intervals
        axes.fill_between(
            results.answers,
            [figure.low for figure in curve.auc],
            [figure.high for figure in curve.auc],
            color=style.colour,
            alpha=0.16,
            linewidth=0,
            zorder=1,
        )


def _labels(axes: Axes, results: Results) -> None:
    """Write each curve's name at its end, as near to it as the others' names allow."""
    low, high = axes.get_ylim()
    ends = [(curve.auc[-1].value - low) / (high - low) for curve in results.curves]
    places = spread(ends, GAP)
    for curve, style, end, place in zip(results.curves, _styles(results.curves), ends, places, strict=True):
        axes.annotate(
            f"{curve.title}  {curve.auc[-1].value:.2f}",
            xy=(1.0, end),
            xytext=(1.045, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=style.colour,
            fontsize=9.5,
            fontweight="bold" if curve is results.curves[0] else "normal",
            verticalalignment="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": style.colour,
                "linewidth": 0.6,
                "relpos": (0.0, 0.5),  # from before the name, not through it
                "shrinkA": 1,
                "shrinkB": 4,
            },
        )


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Return places at least `gap` apart, in the order of `wanted`, each cluster about its own middle."""
    clusters: list[tuple[float, list[int]]] = []  # the middle, and what is in it from below
    for index in sorted(range(len(wanted)), key=lambda i: wanted[i]):
        middle, members = wanted[index], [index]
        while clusters and middle - clusters[-1][0] < gap * (len(members) + len(clusters[-1][1])) / 2:
            members = clusters.pop()[1] + members
            middle = sum(wanted[i] for i in members) / len(members)
        clusters.append((middle, members))
    places = [0.0] * len(wanted)
    for middle, members in clusters:
        for number, index in enumerate(members):
            places[index] = middle + gap * (number - (len(members) - 1) / 2)
    return places
