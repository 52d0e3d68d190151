"""The blocks a report is made of: tables, cards, tiles and lists, from ready cells."""

from collections.abc import Iterable, Sequence

from livebom.export.page import text


def section(name: str, title: str, inner: str, count: int | None = None) -> str:
    """A section with an anchor; one without content says so."""
    aside = "" if count is None else f" <small>{count}</small>"
    return f'<section id="{name}">\n<h2>{text(title)}{aside}</h2>\n{inner or _NONE}\n</section>'


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of ready cells; nothing for no rows."""
    body = "".join(f"<tr>{''.join(f'<td>{cell or _DASH}</td>' for cell in row)}</tr>\n" for row in rows)
    head = "".join(f"<th>{text(title)}</th>" for title in titles)
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>'
        if body
        else ""
    )


def tiles(counts: Iterable[tuple[str, int]]) -> str:
    """Numbers with their names."""
    inner = "".join(f'<div class="tile"><b>{count}</b><span>{text(name)}</span></div>' for name, count in counts)
    return f'<div class="tiles">{inner}</div>'


def bullets(lines: Iterable[str]) -> str:
    """A list of foreign lines; nothing for none."""
    inner = "".join(f"<li>{text(line, 2000)}</li>" for line in lines)
    return f"<ul>{inner}</ul>" if inner else ""


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with ready values; those without one are left out."""
    inner = "".join(f"<dt>{text(name)}</dt><dd>{said}</dd>" for name, said in pairs if said)
    return f"<dl>{inner}</dl>" if inner else ""


def names(words: Iterable[str], most: int = 12) -> str:
    """Foreign names, one below the other, the rest counted."""
    every = list(words)
    shown = [f"<div><code>{text(one)}</code></div>" for one in every[:most]]
    return "".join(shown) + (f'<div class="none">and {len(every) - most} more</div>' if len(every) > most else "")


def code(words: str) -> str:
    """A foreign name; empty for an empty one."""
    return f"<code>{text(words)}</code>" if words else ""


_DASH = '<span class="none">-</span>'
_NONE = '<p class="none">None.</p>'
