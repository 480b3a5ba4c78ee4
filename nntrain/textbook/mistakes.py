"""Mistakes that are easily made in a line of an equation, each with its name: a sign, a forgotten 1/m, a transpose.

An answer that is wrong is compared with what the solution gives with each of them in it; the one that gives the same
names the mistake.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

MOST_PAIRS = 400  # of two mistakes at once
_OTHER = {"sum": "mean", "mean": "sum", "zeros_like": "ones_like"}
_GATES = ("update", "forget", "output", "candidate")


def mistaken(expression: str, settings: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """The expression with one mistake in it, and what the mistake is.

    `settings`: hyperparameters such as `self.beta1`, of which one may stand for another.
    """
    yield f"-({expression})", "the sign is wrong"
    tree = ast.parse(expression, mode="eval")
    for node in ast.walk(tree):
        for other, hint in (*_alternatives(node), *_of_names(node, settings)):
            changed = _Swap(node, other).visit(ast.parse(expression, mode="eval"))
            yield ast.unparse(ast.fix_missing_locations(changed)), hint
    yield f"({expression}).T", "it is transposed"
    yield f"2 * ({expression})", "it is twice too large"
    yield f"0.5 * ({expression})", "it is half as large as it should be"


def of_other_names(expression: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The expression with another name in place of one of its own: `c` for `c_before`, `p.W` for `p.U`."""
    for node in ast.walk(ast.parse(expression, mode="eval")):
        if isinstance(node, (ast.Attribute, ast.Name)) and (name := ast.unparse(node)) in names:
            for other in names:
                if other != name:
                    if f" / {other}" in expression:
                        continue  # keep / keep is 1: something is forgotten, and not written wrongly
                    changed = _Swap(node, ast.parse(other, mode="eval").body).visit(ast.parse(expression, mode="eval"))
                    yield ast.unparse(ast.fix_missing_locations(changed)), f"`{other}` stands where `{name}` belongs"


def exchanged(expression: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The expression with two names in each other's place."""
    tree = ast.parse(expression, mode="eval")
    there = list(dict.fromkeys(name for node in ast.walk(tree) if (name := _whole(node)) in names))
    for i, one in enumerate(there):
        for other in there[i + 1 :]:
            changed = _Exchange(one, other).visit(ast.parse(expression, mode="eval"))
            yield ast.unparse(ast.fix_missing_locations(changed)), f"`{one}` and `{other}` stand in each other's place"


def doubly_mistaken(expression: str, settings: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """The expression with two things forgotten, or two names for others."""
    count = 0
    for once, hint in mistaken(expression, settings):
        for twice, second in mistaken(once, settings) if _IS_ONE_OF_TWO(hint) else ():
            if _IS_ONE_OF_TWO(second) and (count := count + 1) <= MOST_PAIRS:
                yield twice, f"{hint}, and {second}"


def in_operators(expression: str) -> str:
    """The expression as the solutions are written: np.dot(A, B), np.matmul(A, B) and A.dot(B) as A @ B, .T, np.sum."""
    tree = _InOperators().visit(ast.parse(expression, mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree))


_IS_ONE_OF_TWO = re.compile("a (term|factor) is forgotten|the division by|.* stands where").match


def _whole(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, (ast.Attribute, ast.Name)) else ""


class _Exchange(ast.NodeTransformer):
    """Puts two expressions in each other's place."""

    def __init__(self, one: str, other: str):
        self.by = {one: other, other: one}

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and (other := self.by.get(ast.unparse(node))) is not None:
            return ast.parse(other, mode="eval").body
        visited: ast.AST = super().visit(node)
        return visited


class _InOperators(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name, given = ast.unparse(node.func), node.args
        if name in ("np.dot", "np.matmul") and len(given) == 2:
            return ast.BinOp(given[0], ast.MatMult(), given[1])
        if name == "np.transpose" and len(given) == 1:
            return ast.Attribute(given[0], "T", ast.Load())
        if isinstance(node.func, ast.Attribute) and not name.startswith("np."):
            if node.func.attr == "dot" and len(given) == 1:
                return ast.BinOp(node.func.value, ast.MatMult(), given[0])
            if node.func.attr in ("sum", "mean"):
                numpy = ast.Attribute(ast.Name("np", ast.Load()), node.func.attr, ast.Load())
                return ast.Call(numpy, [node.func.value, *given], node.keywords)
        return node


def _alternatives(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand, f"the sign of `{ast.unparse(node.operand)}` is wrong"
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value, f"a transpose is missing: `{ast.unparse(node.value)}` has to be transposed"
    elif isinstance(node, ast.Attribute) and node.attr == "size":
        examples = f"{ast.unparse(node.value)}.shape[1]"
        hint = f"`{examples}` counts the examples alone, `{ast.unparse(node)}` all elements"
        yield ast.parse(examples, mode="eval").body, hint
    elif isinstance(node, ast.Subscript) and "None" in ast.unparse(node.slice):
        yield node.value, f"axes of length 1 are missing: `{ast.unparse(node)}`"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _of_call(node, node.func)


def _of_names(node: ast.AST, settings: Sequence[str]) -> Iterator[tuple[ast.expr, str]]:
    """Another name in place of the right one: β₂ for β₁, V for V̂, the setting for this step's rate."""
    if not isinstance(node, (ast.Attribute, ast.Name)):
        return
    name = ast.unparse(node)
    others = [other for other in settings if other != name] if name in settings else []
    if name in _GATES:
        others += [gate for gate in _GATES if gate != name]
    if name.endswith("_hat"):
        others.append(name.removesuffix("_hat"))
    if name == "lr":
        others.append("self.lr")
    if name == "keep":
        others.append("self.rate")
    for other in others:
        yield ast.parse(other, mode="eval").body, f"`{other}` stands where `{name}` belongs"


def _of_operation(node: ast.BinOp) -> Iterator[tuple[ast.expr, str]]:
    left, right = ast.unparse(node.left), ast.unparse(node.right)
    if isinstance(node.op, ast.Add):
        yield from _of_average(node.left, node.right)
        if isinstance(node.left, ast.Call) and ast.unparse(node.left.func) == "np.sqrt":
            inside = ast.BinOp(node.left.args[0], ast.Add(), node.right)
            yield ast.Call(node.left.func, [inside], []), f"`{right}` stands under the root and belongs behind it"
        yield node.left, f"a term is forgotten: `{right}`"
        yield node.right, f"a term is forgotten: `{left}`"
        yield ast.BinOp(node.left, ast.Sub(), node.right), f"the sign of `{right}` is wrong"
    elif isinstance(node.op, ast.Sub):
        yield node.left, f"a term is forgotten: `{right}`"
        yield node.right, f"a term is forgotten: `{left} −`"
        yield ast.UnaryOp(ast.USub(), node.right), f"a term is forgotten: `{left}`"
        yield ast.BinOp(node.left, ast.Add(), node.right), f"the sign of `{right}` is wrong"
        yield ast.BinOp(node.right, ast.Sub(), node.left), "the sign is wrong"
    elif isinstance(node.op, ast.Mult):
        yield node.left, f"a factor is forgotten: `{right}`"
        yield node.right, f"a factor is forgotten: `{left}`"
        yield ast.BinOp(node.left, ast.MatMult(), node.right), "@ stands where * multiplies element by element"
    elif isinstance(node.op, ast.Div):
        yield node.left, f"the division by `{right}` is missing" + (": the 1/m" if right in ("m", "A.size") else "")
        yield ast.BinOp(node.left, ast.Mult(), node.right), f"multiplied by `{right}` instead of divided"
        if "np.sum(" in left and right == "m":
            meant = ast.parse(left.replace("np.sum(", "np.mean("), mode="eval").body
            yield meant, "the mean runs over all elements, where a sum divided by m belongs"
    elif isinstance(node.op, ast.MatMult):
        yield ast.BinOp(node.left, ast.Mult(), node.right), "* multiplies element by element where @ belongs"
        yield ast.BinOp(node.right, ast.MatMult(), node.left), "the factors of @ stand in the wrong order"
        for side, operand in (("left", node.left), ("right", node.right)):
            if not (isinstance(operand, ast.Attribute) and operand.attr == "T"):
                turned = ast.Attribute(operand, "T", ast.Load())
                pair = (turned, node.right) if side == "left" else (node.left, turned)
                yield (
                    ast.BinOp(pair[0], ast.MatMult(), pair[1]),
                    f"`{ast.unparse(operand)}` is transposed and should not be",
                )
    elif isinstance(node.op, ast.Pow):
        yield node.left, f"the power of `{left}` is forgotten"
        yield ast.BinOp(node.left, ast.Mult(), node.right), f"`{left}` times `{right}` stands where the power belongs"
        size = ast.Attribute(ast.Name("np", ast.Load()), "abs", ast.Load())
        yield ast.Call(size, [node.left], []), f"`{left}` is to be squared, and its size alone is taken"


def _of_average(left: ast.expr, right: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """β V + (1 − β) dθ with the two shares exchanged."""
    if isinstance(left, ast.BinOp) and isinstance(right, ast.BinOp):
        share, rest = ast.unparse(left.left), ast.unparse(right.left)
        if rest == f"1 - {share}":
            changed = ast.BinOp(
                ast.BinOp(right.left, ast.Mult(), left.right), ast.Add(), ast.BinOp(left.left, ast.Mult(), right.right)
            )
            yield changed, f"`{share}` and `{rest}` stand in each other's place"


def _of_call(node: ast.Call, function: ast.Attribute) -> Iterator[tuple[ast.expr, str]]:
    if function.attr in _OTHER:
        other = _OTHER[function.attr]
        yield (
            ast.Call(ast.Attribute(function.value, other, ast.Load()), node.args, node.keywords),
            f"a {other} where a {function.attr} belongs",
        )
        if function.attr == "mean":
            ones = f"np.ones_like({ast.unparse(node.args[0])})"
            count = ast.parse(f"{ones}.sum(axis=1, keepdims=True) - 1", mode="eval").body
            summed = ast.Call(ast.Attribute(function.value, "sum", ast.Load()), node.args, node.keywords)
            yield ast.BinOp(summed, ast.Div(), count), "the mean is divided by m − 1, and m examples are meant"
        if node.keywords:
            yield ast.Call(function, node.args, []), f"the {function.attr} runs over all elements: axis= is missing"
        for keyword in node.keywords:
            if keyword.arg == "keepdims":
                others = [k for k in node.keywords if k is not keyword]
                yield ast.Call(function, node.args, others), "keepdims=True is missing: it keeps a column (n, 1)"
            if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant) and keyword.value.value in (0, 1):
                others = [
                    ast.keyword("axis", ast.Constant(0 if keyword.value.value else 1)) if k is keyword else k
                    for k in node.keywords
                ]
                yield ast.Call(function, node.args, others), f"the {function.attr} runs over the wrong axis"
    elif function.attr in ("sqrt", "log", "exp", "tanh") and node.args:
        yield node.args[0], f"`{function.attr}` is forgotten"


class _Swap(ast.NodeTransformer):
    """Puts one expression in place of another, which is found by what it says and where it stands."""

    def __init__(self, old: ast.AST, new: ast.expr):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        same = type(node) is type(self.old) and all(
            getattr(node, place, None) == getattr(self.old, place, None)
            for place in ("lineno", "col_offset", "end_lineno", "end_col_offset")
        )
        if same and isinstance(node, ast.expr):
            return self.new
        visited: ast.AST = super().visit(node)
        return visited
