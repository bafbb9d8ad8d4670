"""Building: laws, module, validation, certificate; everything is written, or nothing.

Definition.  ``commute build`` finds out first whether the files can be written, then checks the
laws (or finds them in the cache), builds and validates the module, and writes ``model.py`` with
``model.certificate.json`` (and ``model.svg``) in one step.  A refuted law stops the build unless
``--force`` is given; the header and the certificate then say so.  With ``--bake`` the solved layers
are made plain with given weights, which are written beside the module; the laws are those of the
module before it is baked.

>>> from categorical.verdicts import Finding, Verdict
>>> header([Finding("causal[t]", Verdict.PROVED, scope="all sizes")])
['PROVED causal[t] (all sizes)']

A refuted law is written down as such:

>>> header([Finding("causal[t]", Verdict.REFUTED, scope="at t=2", expected=True)])
['REFUTED (expected) causal[t] (at t=2)']
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from categorical.architecture import Architecture
from categorical.errors import SpecError
from categorical.face.certificate import combined, one_of
from categorical.face.checking import Checked, exit_status
from categorical.face.commands import plan_of, run_laws
from categorical.face.loader import Declared, DeclaredGame, load
from categorical.face.progress import progress
from categorical.face.report import console, last_line, parameters, print_checked, word
from categorical.files import check_writable, write_all_atomic
from categorical.origin import shown_path
from categorical.verdicts import Finding, Verdict

LARGEST = 50_000_000


def build(options: Namespace) -> int:
    """``commute build SPEC -o model.py``."""
    if options.train or options.adapter:
        from categorical.face.training import build_training

        return build_training(options)
    if options.output is not None:
        check_writable(paths_of(options.output, options.svg, options.bake))
    declared = one_of(load(options.spec, options.time_limit), options.arch)
    _some_output(declared)
    own = f"{declared.name}_baked.py" if options.bake else f"{declared.name}.py"
    paths = paths_of(options.output or own, options.svg, options.bake)
    check_writable(paths)
    not_over({declared.path: "spec", options.bake or "": "weights"}, paths)
    results, status = lawful([declared], options)
    if status:
        return status
    found = [one for result in results for one in result.findings]
    made = generate(declared, found)
    weights = b""
    if options.bake:
        made, weights = baked(declared, made, options.bake)
    contents: dict[str | os.PathLike[str], str | bytes] = {
        paths[0]: made.source,
        paths[1]: certificate(declared, made, found, of="before baking" if options.bake else ""),
    }
    if options.svg:
        from backends.diagrams import svg

        contents[paths[2]] = svg(declared.architecture.arrow, verdicts=found)
    if options.bake:
        contents[paths[-1]] = weights
    write_all_atomic(contents)
    _say(declared, made, found, paths, options)
    return 0


def lawful(declared: Sequence[Declared], options: Namespace) -> tuple[list[Checked], int]:
    """The verdicts, if they are asked for, and the status that stops the build (0: it goes on)."""
    if not options.check:
        return [], 0
    results = run_laws(declared, plan_of(options))
    status = exit_status(results, options.strict)
    if status and not options.force:
        print_checked(results, [], console(sys.stderr))
        why = "a law does not hold as declared" if status == 1 else "a law is not decided"
        print(f"\nnot built: {why}; --force builds all the same", file=sys.stderr)
        return results, status
    return results, 0


def _some_output(declared: Declared) -> None:
    """CM028 for a statement of laws alone, which computes nothing."""
    if not declared.architecture.graph.outputs:
        raise SpecError(
            "CM028",
            f"`{declared.name}` has no output: there is nothing to build",
            help=["its laws are checked all the same: commute check"],
            origin=declared.architecture.origin,
        )


def paths_of(target: str, picture: bool, bake: str | None) -> list[str]:
    """The files that a build writes: module, certificate, picture, weights."""
    stem = target.removesuffix(".py")
    more = [f"{stem}.svg"] if picture else []
    return [target, f"{stem}.certificate.json", *more, *([f"{stem}.safetensors"] if bake else [])]


def generate(declared: Declared, found: Sequence[Finding]) -> Any:
    """The validated build of an architecture."""
    with progress(1) as tick:
        tick(f"{declared.name} · build and validate")
        from backends.pytorch.build import build as emit

        architecture = declared.architecture
        affordable(architecture)
        command = f"{command_of(declared)} -o {declared.name}.py"
        return emit(
            architecture,
            architecture.sizes,
            declared.name,
            header(found),
            regenerate=command,
        )


def baked(declared: Declared, made: Any, path: str) -> tuple[Any, bytes]:
    """The build with plain layers in place of solved ones, and its weights as safetensors.

    CM042 where the file holds other weights than those of the build; CM030 where it is none.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save

    from backends.pytorch.bake import bake
    from backends.pytorch.loader import load as read

    module = made.module()
    try:
        kinds = {one.dtype for one in load_file(path).values() if one.is_floating_point()}
        if len(kinds) == 1:
            module = module.to(kinds.pop())
        read(module, path, made.spec_hash)
    except (OSError, SafetensorError) as problem:
        reason = [("reason", str(problem).splitlines()[0])]
        raise SpecError("CM030", f"cannot read `{path}`", facts=reason, origin=None) from problem
    except (RuntimeError, ValueError) as problem:
        lines = [line.strip() for line in str(problem).splitlines()]
        raise SpecError(
            "CM042",
            f"`{path}` does not hold the weights of `{declared.name}`",
            facts=[("reason", line) for line in lines[:4]],
            origin=None,
        ) from problem
    command = f"{command_of(declared)} --bake WEIGHTS.safetensors -o {declared.name}_baked.py"
    other, plain = bake(made, module.eval(), regenerate=command)
    about = {"format": "pt", "spec_sha256": other.spec_hash}
    return other, save(plain.state_dict(), metadata=about)


def affordable(architecture: Architecture) -> None:
    """CM026 where even the smallest instance, which validation runs, has too many numbers."""
    from backends.pytorch.points import assignments_of
    from synthesis.assignments import Account

    graph = architecture.batched()
    account = Account(graph)
    smallest = min((account(sizes) for sizes in islice(assignments_of(graph), 2)), default=0)
    if smallest > LARGEST:
        raise SpecError(
            "CM026",
            f"`{architecture.name}` is too large to be validated",
            facts=[("numbers", f"{smallest:,} at the smallest sizes, {LARGEST:,} at most")],
            help=["name the large sizes: Dim(...) with sizes=..., so that small ones can be tried"],
            origin=architecture.origin,
        )


def header(found: Sequence[Finding]) -> list[str]:
    """One line a law, for the generated file."""
    return [f"{word(one)} {one.law}" + (f" ({one.scope})" if one.scope else "") for one in found]


def certificate(
    declared: Declared | DeclaredGame,
    made: Any,
    found: Sequence[Finding],
    of: str = "",
    more: Mapping[str, Any] | None = None,
) -> str:
    """The text of the certificate: the proofs of the spec, and what the build says of itself;
    ``of`` says which module the laws are of where it is another one."""
    proofs = [one.certificate for one in found if one.certificate is not None]
    laws = [
        {
            "law": one.law,
            "verdict": one.verdict.value,
            "scope": one.scope,
            "method": one.method,
            "error_bound": one.error_bound,
            "expected": one.expected,
        }
        for one in found
    ]
    about = {**made.certificate, "laws": laws, "architecture": declared.name, **(more or {})}
    if of:
        about["laws_of_the_module"] = of
    return combined(declared.digest, proofs, {**about, "spec_file_sha256": declared.digest})


def _say(
    declared: Declared,
    made: Any,
    found: Sequence[Finding],
    paths: Sequence[str],
    options: Namespace,
) -> None:
    """What was built, on what evidence."""
    checks, before = made.validation, " (before baking)" if options.bake else ""
    counted = [
        f"{checks[key]} {name}"
        for key, name in (
            ("outputs_and_states", "outputs and states"),
            ("gradients", "gradients"),
            ("exact_runs", "exact runs"),
        )
        if checks.get(key)
    ]
    rows = [
        ("architecture", f"{declared.name}: {declared.architecture.arrow.type_text()}"),
        ("parameters", parameters(declared) + before),
        ("contract", made.contract),
        ("validated", f"{', '.join(counted)} agree with the reference" if counted else "nothing"),
        *_streams(made),
        ("laws", last_line(found) + before if options.check else "not checked (--no-check)"),
        ("wrote", ", ".join(paths)),
    ]
    for label, text in rows:
        print(f"{label:<12}  {text}")
    for one in found:
        if not one.passed or one.verdict in (Verdict.UNKNOWN, Verdict.VACUOUS):
            print(f"warning: {one.law} is {word(one)}")


def _streams(made: Any) -> list[tuple[str, str]]:
    """How the module runs entry by entry, and what was compared."""
    if made.stream is None:
        return []
    form, checks = made.stream.form, made.validation
    values = sum(checks[way]["outputs_and_states"] for way in ("step", "resume"))
    gradients = sum(checks[way]["gradients"] for way in ("step", "resume"))
    states = ", ".join(form.names) or "no state"
    return [
        (
            "streams",
            f"along {form.over} by initial_state, step and resume ({states}): "
            f"{values} outputs and {gradients} gradients agree with the whole sequence",
        )
    ]


def command_of(declared: Declared | DeclaredGame) -> str:
    return f"commute build {shown_path(os.path.abspath(declared.path))} --arch {declared.name}"


def not_over(inputs: Mapping[str, str], paths: Sequence[str]) -> None:
    """CM030 where a file that is read would be written over."""
    known = {os.path.realpath(path): what for path, what in inputs.items() if path}
    for path in paths:
        if (what := known.get(os.path.realpath(path))) is not None:
            raise SpecError(
                "CM030",
                f"cannot write `{path}`",
                facts=[("reason", "it is the spec itself" if what == "spec" else "it is read")],
                help=["choose another name: -o model.py"],
                origin=None,
            )
