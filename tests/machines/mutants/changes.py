"""Every small change of a module's code that a mistake could be: one boundary, one condition, one value at a time.

Sentences for people (a text with a space in it), docstrings, annotations, decorators and assertions are left alone.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Act = Callable[[], None]  # makes the change in the tree
Swap = tuple[str, ast.AST | list[ast.AST] | None]  # what stands there now, in words; what is put in its place

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
_SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.Pow: ast.Mult, ast.RShift: ast.LShift, ast.LShift: ast.RShift,
}  # fmt: skip
_TWINS = {"any": "all", "all": "any", "min": "max", "max": "min"}
_TIDYING = ("strip", "rstrip", "lstrip", "lower", "upper", "casefold", "capitalize")
_LONGEST = 70


@dataclass(frozen=True, slots=True)
class Change:
    """One mutant. `name` stays the same while the code around it changes; `inside`: it is not done at import."""

    name: str
    line: int
    last: int
    inside: bool
    act: Act


def changes(tree: ast.Module, module: str) -> tuple[Change, ...]:
    seen: Counter[str] = Counter()
    found = []
    for one in _walked(tree, module, (), ""):
        seen[one.name] += 1
        again = f" ({seen[one.name]})" if seen[one.name] > 1 else ""
        found.append(Change(one.name + again, one.line, one.last, one.inside, one.act))
    return tuple(found)


def _walked(node: ast.AST, module: str, around: tuple[str, ...], inside: str) -> Iterator[Change]:
    for field, index, child in _children(node):
        where, within = around, inside
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            where = (*around, child.name)
        if isinstance(child, ast.FunctionDef | ast.Lambda):
            within = "yes"
        told = ".".join((module, *where))
        first = getattr(child, "lineno", 0)
        for said, new in _swaps(child, node, field):
            act = _acting(node, field, index, new)
            yield Change(f"{told}: {said}", first, getattr(child, "end_lineno", 0) or first, bool(within), act)
        yield from _walked(child, module, where, within)


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.Assert):
            continue
        if isinstance(node, ast.JoinedStr | ast.FormattedValue) and field == "format_spec":
            continue
        listed = value if isinstance(value, list) else [value]
        for place, child in enumerate(listed):
            if isinstance(child, ast.AST) and not _is_docstring(child) and not _is_for_readers(child):
                yield field, place if isinstance(value, list) else None, child


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_readers(node: ast.AST) -> bool:
    """`__all__`, and names of types, which only annotations use."""
    name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
    return name in ("__all__", "T") or (name[:1].isupper() and not name.isupper())


def _acting(parent: ast.AST, field: str, index: int | None, new: ast.AST | list[ast.AST] | None) -> Act:
    def act() -> None:
        if index is None:
            setattr(parent, field, new)
        else:
            getattr(parent, field)[index : index + 1] = new if isinstance(new, list) else [new]

    return act


def _text(node: ast.AST) -> str:
    said = " ".join(ast.unparse(node).split())
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _to(node: ast.AST, new: ast.AST) -> Swap:
    return f"{_text(node)} -> {_text(new)}", new


def _swaps(node: ast.AST, parent: ast.AST, field: str) -> Iterator[Swap]:
    match node:
        case ast.Compare() | ast.BoolOp() | ast.BinOp() | ast.UnaryOp(op=ast.Not()):
            yield from _judgements(node)
        case ast.Constant() if not isinstance(parent, ast.JoinedStr):
            yield from _values(node)
        case ast.Call():
            yield from _calls(node)
        case ast.If() | ast.IfExp() | ast.comprehension() | ast.match_case() | ast.Match():
            yield from _branches(node)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield f"return {_text(value)} -> return None", ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield f"{_text(node)} -> pass", ast.Pass()


def _judgements(node: ast.Compare | ast.BoolOp | ast.BinOp | ast.UnaryOp) -> Iterator[Swap]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for place, op in enumerate(ops):
                for other in _COMPARISONS[type(op)]:
                    swapped = [*ops[:place], other(), *ops[place + 1 :]]
                    yield _to(node, ast.Compare(left, swapped, comparators))
        case ast.BoolOp(op=op, values=values):
            yield _to(node, ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
            for place in range(len(values)):
                rest = [*values[:place], *values[place + 1 :]]
                yield _to(node, rest[0] if len(rest) == 1 else ast.BoolOp(op, rest))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from (_to(node, side) for side in (left, right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SUMS:
            yield _to(node, ast.BinOp(left, _SUMS[type(op)](), right))
        case ast.UnaryOp(operand=operand):
            yield _to(node, operand)


def _values(node: ast.Constant) -> Iterator[Swap]:
    match node.value:
        case bool(value):
            yield _to(node, ast.Constant(not value))
        case int(value) | float(value):
            yield from (_to(node, ast.Constant(value + step)) for step in (1, -1))
        case str(value) if " " not in value:
            yield _to(node, ast.Constant("" if value else "x"))


def _calls(node: ast.Call) -> Iterator[Swap]:
    match node.func:
        case ast.Name(id=name) if name in _TWINS:
            yield _to(node, ast.Call(ast.Name(_TWINS[name], ast.Load()), node.args, node.keywords))
        case ast.Attribute(value=value, attr=name) if name in _TIDYING and not node.args:
            yield _to(node, value)
    for place, keyword in enumerate(node.keywords):
        rest = [*node.keywords[:place], *node.keywords[place + 1 :]]
        yield f"{_text(node)} without {keyword.arg}", ast.Call(node.func, node.args, rest)


def _branches(node: ast.If | ast.IfExp | ast.comprehension | ast.match_case | ast.Match) -> Iterator[Swap]:
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            yield f"if {_text(test)} -> always", list(body)
            yield f"if {_text(test)} -> never", list(orelse) or [ast.Pass()]
        case ast.IfExp(body=body, orelse=orelse):
            yield from (_to(node, side) for side in (body, orelse))
        case ast.comprehension(target=target, iter=iterated, ifs=ifs):
            for place, test in enumerate(ifs):
                rest = [*ifs[:place], *ifs[place + 1 :]]
                yield f"without if {_text(test)}", ast.comprehension(target, iterated, rest, 0)
        case ast.match_case(pattern=pattern, guard=ast.expr() as guard, body=body):
            yield f"case {_text(pattern)} without if {_text(guard)}", ast.match_case(pattern, None, body)
        case ast.Match(subject=subject, cases=cases) if len(cases) > 1:
            for place, one in enumerate(cases):
                kept = [*cases[:place], *cases[place + 1 :]]
                yield f"without case {_text(one.pattern)}", ast.Match(subject, kept)
