"""The shape of our own files: how long functions and modules are, what imports in a circle, how much is tested.

`python benchmarks/structure.py` prints the table; `--write` also puts it into docs/structure.md.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "structure.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
LONG = 25  # body lines

TYPING = "TYPE_CHECKING"
Function = ast.FunctionDef | ast.AsyncFunctionDef
HEAD = (
    "| rooms | files | lines | module median / max | function median / p90 / max | over 25 | cycles | tests ÷ code |",
    "| --- | --: | --: | --: | --: | --: | --: | --: |",
)


def main(arguments: list[str]) -> None:
    table = "\n".join((*HEAD, *rows()))
    print(table)
    if "--write" in arguments:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}")


def rows() -> Iterator[str]:
    """One row for each package, one for the modules beside them, one for all."""
    folders = sorted(path for path in (ROOT / "bridge").iterdir() if path.is_dir() and any(path.glob("*.py")))
    tests = code_lines((ROOT / "tests").rglob("*.py"))
    for folder in folders:
        own = code_lines((ROOT / "tests" / folder.name).rglob("*.py"))
        yield row(f"`{folder.name}/`", list(folder.rglob("*.py")), own)
    yield row("beside them", list((ROOT / "bridge").glob("*.py")), code_lines((ROOT / "tests").glob("test_*.py")))
    yield row("**all**", list((ROOT / "bridge").rglob("*.py")), tests)


def row(name: str, files: list[Path], tests: int) -> str:
    modules = [len(coded(path)) for path in files]
    bodies = [length for path in files for length in body_lines(path)] or [0]
    share = 100 * sum(length > LONG for length in bodies) / len(bodies)
    p90 = quantiles(bodies, n=10)[-1] if len(bodies) > 1 else bodies[0]
    cells = (
        f"{len(files)}",
        f"{sum(modules):,}",
        f"{median(modules):.0f} / {max(modules)}",
        f"{median(bodies):.0f} / {p90:.0f} / {max(bodies)}",
        f"{share:.1f} %",
        f"{len(circles(files))}",
        f"{tests / sum(modules):.2f}" if tests else "–",
    )
    return f"| {name} | {' | '.join(cells)} |"


def code_lines(files: Iterator[Path]) -> int:
    return sum(len(coded(path)) for path in files)


@cache
def coded(path: Path) -> set[int]:
    """Numbers of the lines that hold code: no blank line, comment or docstring."""
    text = path.read_text()
    lines = {n for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.lstrip().startswith("#")}
    return lines - {
        n for words in docstrings(ast.parse(text)) for n in range(words.lineno, (words.end_lineno or 0) + 1)
    }


def docstrings(tree: ast.AST) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node, clean=False) is not None:
            words = node.body[0]
            assert isinstance(words, ast.Expr)
            yield words


def body_lines(path: Path) -> Iterator[int]:
    lines = coded(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            first = node.body[0].lineno
            yield max(1, len(lines & set(range(first, (node.end_lineno or first) + 1))))


# -- import cycles: imports inside functions count, those for the type checker alone do not ----------------------------


def circles(files: list[Path]) -> list[set[str]]:
    """Groups of modules that reach one another by imports."""
    graph = {module_of(path): set(imports(path)) for path in files}
    reach = {name: reachable(graph, name) for name in graph}
    groups = {frozenset(n for n in graph if n in reach[name] and name in reach[n]) for name in graph}
    return [set(group) for group in groups if group]


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name in graph and name not in found:
            found.add(name)
            ahead.extend(graph[name])
    return found


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    ahead: list[ast.AST] = [ast.parse(path.read_text())]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == TYPING:
            continue
        ahead.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                yield whole if (ROOT / f"{whole.replace('.', '/')}.py").exists() else node.module


if __name__ == "__main__":
    main(sys.argv[1:])
