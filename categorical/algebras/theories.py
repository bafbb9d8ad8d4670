"""Theories: operations with arities and equations, which generate the laws of their models.

Definition.  A theory (of Lawvere's kind, with one sort or several) names operations and equations
between terms in them.  A model gives a space for each sort and an arrow for each operation; each
equation is then a diagram of arrows, and ``laws`` states it.  Theories are values: ``extended``
adds operations and equations.

Laws.  A model of an extended theory is a model of the theory.

>>> from categorical import Dim, Real, op
>>> magma = Theory("magma", {"mul": 2})
>>> band = magma.extended("band", equations={"idempotent": "mul(x, x) = x"})
>>> n = Dim("n")
>>> [law.name for law in band.laws({"mul": op.maximum}, Real[n])]
['idempotent']
>>> print(band.equations["idempotent"])
mul(x, x) = x

An arity that does not fit is found before anything runs:

>>> Theory("bad", {"mul": 2}, {"associative": "mul(mul(x, y)) = x"})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM049]: `mul` takes 2 terms, and `mul(mul(x, y))` gives it 1
...
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from categorical.arrows import Arrow, Types, Wiring, identity
from categorical.categories.presented import Presentation
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.index import Dim
from categorical.laws.diagrams import Commutes, commutes
from categorical.laws.law import Law
from categorical.para import tie
from categorical.spaces import Real, Space, space

SORT = "x"


@dataclass(frozen=True)
class Operation:
    """The sorts that an operation takes, and the sort that it gives."""

    name: str
    takes: tuple[str, ...]
    gives: str


@dataclass(frozen=True)
class Term:
    """A variable (``parts`` is None) or an operation of terms."""

    head: str
    parts: tuple[Term, ...] | None = None

    def variables(self) -> tuple[str, ...]:
        """The variables in the order of their first occurrence."""
        if self.parts is None:
            return (self.head,)
        return tuple(dict.fromkeys(v for part in self.parts for v in part.variables()))

    def __str__(self) -> str:
        if self.parts is None:
            return self.head
        return f"{self.head}({', '.join(map(str, self.parts))})" if self.parts else self.head


@dataclass(frozen=True)
class Equation:
    """Two terms of one sort; ``sorts`` are those of the variables, in order."""

    left: Term
    right: Term
    sorts: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


class Theory:
    """See the module.  An arity is a number, or sorts as in ``"r, x -> x"``."""

    @checked
    def __init__(
        self,
        name: str,
        operations: Mapping[str, int | str],
        equations: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.operations = {k: _operation(name, k, arity) for k, arity in operations.items()}
        self.equations = {k: self._equation(k, text) for k, text in (equations or {}).items()}

    def extended(
        self,
        name: str,
        operations: Mapping[str, int | str] | None = None,
        equations: Mapping[str, str] | None = None,
    ) -> Theory:
        """The theory with more operations and equations."""
        made = Theory(name, {}, {})
        more = {k: _operation(name, k, arity) for k, arity in (operations or {}).items()}
        made.operations = {**self.operations, **more}
        found = {k: made._equation(k, text) for k, text in (equations or {}).items()}
        made.equations = {**self.equations, **found}
        return made

    def renamed(self, name: str, names: Mapping[str, str], prefix: str = "") -> Theory:
        """The theory with operations under other names (two monoids in one semiring)."""
        made = Theory(name, {}, {})
        made.operations = {
            names.get(k, k): Operation(names.get(k, k), one.takes, one.gives)
            for k, one in self.operations.items()
        }
        made.equations = {
            f"{prefix}{k}": Equation(_renamed(e.left, names), _renamed(e.right, names), e.sorts)
            for k, e in self.equations.items()
        }
        return made

    def __or__(self, other: Theory) -> Theory:
        """All operations and equations of both."""
        if not isinstance(other, Theory):
            raise SpecError(
                "CM049",
                f"`{self.name}` is joined with what is no theory",
                facts=[("it got", repr(other))],
                help=["Theory | Theory has the operations and equations of both"],
            )
        made = Theory(f"{self.name} and {other.name}", {}, {})
        for k in set(self.operations) & set(other.operations):
            if self.operations[k] != other.operations[k]:
                raise SpecError(
                    "CM049",
                    f"`{k}` has two arities in `{made.name}`",
                    facts=[("here", str(self.operations[k])), ("there", str(other.operations[k]))],
                    help=["rename one:  theory.renamed(name, {old: new})"],
                )
        made.operations = {**self.operations, **other.operations}
        made.equations = {**self.equations, **other.equations}
        return made

    @property
    def sorts(self) -> tuple[str, ...]:
        """The sorts that occur."""
        every = (s for one in self.operations.values() for s in (*one.takes, one.gives))
        return tuple(dict.fromkeys(every))

    # --- models ----------------------------------------------------------------------------------

    def laws(
        self, operations: Mapping[str, Arrow], carrier: object = None, **carriers: object
    ) -> list[Law]:
        """The laws of a model: one diagram for each equation.

        ``carrier`` is the space of a theory with one sort; ``carriers`` names them by sort.
        """
        model = self.model(operations, carrier, **carriers)
        return [model.law(name) for name in self.equations]

    @checked
    def model(
        self, operations: Mapping[str, Arrow], carrier: object = None, **carriers: object
    ) -> Model:
        """The model of these arrows; CM049 where one is missing or has another type."""
        given: dict[str, object] = dict(carriers)
        if carrier is not None:
            given.update((sort, carrier) for sort in self.sorts[:1] or (SORT,))
        wires: dict[str, Types] = {k: space(v).wires for k, v in given.items()}
        arrows: dict[str, Arrow] = {}
        for name, one in self.operations.items():
            if name not in operations:
                raise SpecError(
                    "CM049",
                    f"a model of `{self.name}` has no arrow for `{name}`",
                    facts=[("operations", ", ".join(self.operations))],
                    help=[f"give it with the others:  {{…, {name!r}: arrow}}"],
                )
            for sort in (*one.takes, one.gives):
                if sort not in wires:
                    raise SpecError(
                        "CM049",
                        f"a model of `{self.name}` has no space for the sort `{sort}`",
                        help=[f"theory.laws(operations, {sort}=…)"],
                    )
            arrow, dom = operations[name], tuple(w for s in one.takes for w in wires[s])
            arrow = arrow if arrow.dom == dom else arrow.retype(dom)
            if arrow.cod != wires[one.gives]:
                raise SpecError(
                    "CM049",
                    f"the arrow for `{name}` does not end in the sort `{one.gives}`",
                    facts=[("the arrow", arrow.type_text())],
                    help=["an operation goes from the carriers that it takes to the one it gives"],
                )
            arrows[name] = _shared(arrow, name)
        for name in operations:
            if name not in self.operations:
                raise SpecError(
                    "CM049",
                    f"`{self.name}` has no operation `{name}`",
                    facts=[("operations", ", ".join(self.operations))],
                    help=["leave it out, or extend the theory:  theory.extended(name, {…})"],
                )
        return Model(self, arrows, wires)

    # --- reading ---------------------------------------------------------------------------------

    def _equation(self, name: str, text: str) -> Equation:
        sides = text.split("=")
        if len(sides) != 2:
            raise SpecError(
                "CM049",
                f"the equation `{name}` of `{self.name}` is not `left = right`",
                facts=[("it is", repr(text))],
                help=["an equation is written  mul(x, y) = mul(y, x)"],
            )
        sorts: dict[str, str] = {}
        left, right = (self._term(side.strip(), sorts) for side in sides)
        wanted = self._sort(left, None, sorts) or self._sort(right, None, sorts) or SORT
        for side in (left, right):
            self._sort(side, wanted, sorts)
        order = dict.fromkeys((*left.variables(), *right.variables()))
        return Equation(left, right, {v: sorts[v] for v in order})

    def _term(self, text: str, sorts: dict[str, str]) -> Term:
        try:
            parsed = ast.parse(text, mode="eval").body
        except SyntaxError:
            raise SpecError(
                "CM049", f"`{text}` is no term of `{self.name}`", help=["write mul(mul(x, y), z)"]
            ) from None
        return self._read(parsed, text)

    def _read(self, node: ast.expr, text: str) -> Term:
        if isinstance(node, ast.Name):
            known = self.operations.get(node.id)
            return Term(node.id, () if known is not None and not known.takes else None)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            head = node.func.id
            if head not in self.operations:
                raise SpecError(
                    "CM049",
                    f"`{self.name}` has no operation `{head}`",
                    facts=[("operations", ", ".join(self.operations))],
                    help=["name one of them, or declare it among the operations"],
                )
            parts = tuple(self._read(one, text) for one in node.args)
            takes = self.operations[head].takes
            if len(parts) != len(takes):
                shown = Term(head, parts)
                raise SpecError(
                    "CM049",
                    f"`{head}` takes {len(takes)} terms, and `{shown}` gives it {len(parts)}",
                    help=[f"{head}({', '.join(f't{i + 1}' for i in range(len(takes)))})"],
                )
            return Term(head, parts)
        raise SpecError(
            "CM049", f"`{text}` is no term of `{self.name}`", help=["write mul(mul(x, y), z)"]
        )

    def _sort(self, term: Term, wanted: str | None, sorts: dict[str, str]) -> str | None:
        """The sort of a term; those of its variables are written down."""
        if term.parts is None:
            if wanted is not None and sorts.setdefault(term.head, wanted) != wanted:
                raise SpecError(
                    "CM049",
                    f"the variable `{term.head}` has two sorts",
                    facts=[("sorts", f"{sorts[term.head]}, {wanted}")],
                    help=["a variable for each sort"],
                )
            return sorts.get(term.head)
        one = self.operations[term.head]
        if wanted is not None and wanted != one.gives:
            raise SpecError(
                "CM049",
                f"`{term}` has the sort `{one.gives}`, not `{wanted}`",
                help=["both sides, and what stands in one place, have one sort"],
            )
        for part, sort in zip(term.parts, one.takes, strict=True):
            self._sort(part, sort, sorts)
        return one.gives

    def __repr__(self) -> str:
        return (
            f"theory of {self.name}: {', '.join(self.operations)}; {len(self.equations)} equations"
        )


@dataclass(frozen=True, eq=False)
class Model:
    """A theory with an arrow for each operation and the wires of each sort."""

    theory: Theory
    arrows: Mapping[str, Arrow]
    carriers: Mapping[str, Types]

    def term(self, term: Term, context: Mapping[str, str]) -> Arrow:
        """The arrow of a term, from the wires of all variables of a context."""
        starts: dict[str, int] = {}
        wires: list[Space] = []
        for variable, sort in context.items():
            starts[variable] = len(wires)
            wires += self.carriers[sort]
        dom = tuple(wires)
        read: list[int] = []

        def build(one: Term) -> Arrow:
            if one.parts is None:
                own = self.carriers[context[one.head]]
                read.extend(range(starts[one.head], starts[one.head] + len(own)))
                return identity(*own)
            made: Arrow | None = None
            for part in one.parts:
                found = build(part)
                made = found if made is None else made @ found
            arrow = self.arrows[one.head]
            return arrow if made is None else made >> arrow

        body = build(term)
        return Wiring(dom, tuple(read), "variables") >> body

    def law(self, name: str) -> Commutes:
        """The diagram of one equation."""
        equation = self.theory.equations[name]
        sides = [self.term(side, equation.sorts) for side in (equation.left, equation.right)]
        return commutes(sides[0], sides[1], name=name, apart=True)

    def laws(self) -> list[Law]:
        """All diagrams."""
        return [self.law(name) for name in self.theory.equations]


def _shared(arrow: Arrow, name: str) -> Arrow:
    """An operation with weights is one arrow wherever its name stands."""
    return tie(arrow.named(name)) if arrow.graph().resources({}) else arrow


def _operation(theory: str, name: str, arity: int | str) -> Operation:
    if not name.isidentifier():
        raise SpecError(
            "CM049",
            f"`{name}` cannot name an operation of `{theory}`",
            help=["a name is a word of letters, digits and _"],
        )
    if isinstance(arity, int) and not isinstance(arity, bool) and arity >= 0:
        return Operation(name, (SORT,) * arity, SORT)
    takes, arrow, gives = str(arity).partition("->")
    sorts = tuple(s.strip() for s in takes.split(",") if s.strip())
    if not arrow or not all(s.isidentifier() for s in (*sorts, gives.strip())):
        raise SpecError(
            "CM049",
            f"`{arity}` is no arity of `{name}`",
            help=['write a number, or sorts: "r, x -> x"'],
        )
    return Operation(name, sorts, gives.strip())


def _renamed(term: Term, names: Mapping[str, str]) -> Term:
    if term.parts is None:
        return term
    return Term(names.get(term.head, term.head), tuple(_renamed(p, names) for p in term.parts))


@checked
def unary_theory(monoid: Presentation) -> Theory:
    """The theory of M-sets: a unary operation for each generator, an equation for each relation."""
    if len(monoid.objects) != 1:
        raise SpecError("CM049", f"`{monoid.name}` has {len(monoid.objects)} objects, not one")

    def word(path: Sequence[str]) -> str:
        text = "x"
        for step in path:  # the first step acts first
            text = f"{step}({text})"
        return text

    names = {step: f"{step}" for step in monoid.arrows}
    back = {f"{s}^-1" for pair in monoid.relations for path in pair for s in path if "^-1" in s}
    if back:
        raise SpecError(
            "CM049",
            f"the relations of `{monoid.name}` follow `{sorted(back)[0]}` backwards",
            help=["write the inverse as a generator of its own"],
        )
    equations = {
        f"{''.join(left) or '1'} = {''.join(right) or '1'}": f"{word(left)} = {word(right)}"
        for left, right in monoid.relations
    }
    return Theory(f"{monoid.name}-sets", dict.fromkeys(names, 1), equations)


def generic(*names: str) -> tuple[Space, ...]:
    """Spaces ``Real[name]``, each with a dim of its own."""
    return tuple(Real[Dim(name)] for name in names)
