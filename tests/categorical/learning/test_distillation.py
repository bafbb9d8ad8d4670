"""Distillation against loops of torch; blocks that do not match."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from categorical import Dim, SpecError, op
from categorical.learning.distillation import adapter, blocks, distil, hybrid, match, replace
from categorical.learning.optimisers import sgd
from categorical.spaces import Real
from tests.categorical.learning.rounds import TOLERANCE, Rounds, Weights
from tests.specs.parity import load

SPEC = load("distillation")
SMALL = dict(height=8, width=8, digit=3, broad=4, deep=5, narrow=2, thin=3, batch=6)
DOWN = sgd(0.1)


def stage(w: Weights, path: str, x: Tensor) -> Tensor:
    x = F.relu(F.conv2d(x, w[f"{path}.weight"], w[f"{path}.bias"], padding=1))
    return F.max_pool2d(x, 2)


def features(w: Weights, top: str, image: Tensor) -> tuple[Tensor, Tensor]:
    stem = stage(w, f"{top}.stem.edges", image[:, None])
    return stem, stage(w, f"{top}.body.strokes", stem)


def scores(w: Weights, top: str, image: Tensor) -> Tensor:
    return head(w, top, features(w, top, image)[1])


def head(w: Weights, top: str, strokes: Tensor) -> Tensor:
    return F.linear(
        strokes.flatten(1), w[f"{top}.head.scores.weight"], w[f"{top}.head.scores.bias"]
    )


def adapted(w: Weights, name: str, x: Tensor) -> Tensor:
    """A linear map of the channels."""
    weight, bias = w[f"{name}.linear.weight"], w[f"{name}.linear.bias"]
    return F.conv2d(x, weight[:, :, None, None], bias)


def descend(w: Weights, loss: Tensor, *tops: str) -> None:
    own = [v for k, v in w.items() if k.split(".")[0] in tops]
    slopes = torch.autograd.grad(loss, own)
    with torch.no_grad():
        for one, slope in zip(own, slopes):
            one -= 0.1 * slope


def taught(temperature: float = 4.0, share: float = 0.9, frozen: bool = True):
    def loop(w: Weights, data: dict[str, Tensor]) -> None:
        made, known = (scores(w, top, data["image"]) for top in ("student", "teacher"))
        known = known.detach() if frozen else known
        soft = F.kl_div(
            F.log_softmax(made / temperature, 1),
            F.log_softmax(known / temperature, 1),
            log_target=True,
            reduction="batchmean",
        )
        hard = F.cross_entropy(made, data["label"])
        loss = share * temperature**2 * soft + (1 - share) * hard
        descend(w, loss, *(("student",) if frozen else ("student", "teacher")))

    return loop


def test_ends() -> None:
    rounds = Rounds(distil(SPEC.student, SPEC.teacher, DOWN, sizes=SMALL))
    assert rounds.apart(taught()) < TOLERANCE
    for twin in (taught(frozen=False), taught(temperature=2.0), taught(share=0.5)):
        assert rounds.apart(twin) > 1e-6


def test_ends_without_labels() -> None:
    game = distil(SPEC.student, SPEC.teacher, DOWN, share=1.0, sizes=SMALL)
    assert list(game.data) == ["image"]
    rounds = Rounds(game)

    def loop(w: Weights, data: dict[str, Tensor]) -> None:
        taught(share=1.0)(w, {**data, "label": torch.zeros(len(data["image"]), dtype=torch.long)})

    assert rounds.apart(loop) < TOLERANCE


def test_inside() -> None:
    game = match(SPEC.student, SPEC.teacher, {"stem": "stem", "body": "body"}, DOWN, sizes=SMALL)
    rounds = Rounds(game)

    def loop(w: Weights, data: dict[str, Tensor]) -> None:
        ours, theirs = (features(w, top, data["image"]) for top in ("student", "teacher"))
        pairs = list(zip(("adapt_stem", "adapt_body"), ours, theirs))
        loss = sum(F.mse_loss(adapted(w, k, x), y.detach()) for k, x, y in pairs)
        descend(w, loss, "student", "adapt_stem", "adapt_body")

    assert rounds.apart(loop) < TOLERANCE

    def last_only(w: Weights, data: dict[str, Tensor]) -> None:
        ours, theirs = (features(w, top, data["image"])[1] for top in ("student", "teacher"))
        descend(w, F.mse_loss(adapted(w, "adapt_body", ours), theirs), "student", "adapt_body")

    assert rounds.apart(last_only) > 1e-6


@pytest.mark.parametrize("count", [1, 2, 3])
def test_in_its_place(count: int) -> None:
    rounds = Rounds(replace(SPEC.student, SPEC.teacher, count, DOWN, sizes=SMALL))

    def loop(w: Weights, data: dict[str, Tensor], frozen: bool = True) -> None:
        x = stage(w, "student.stem.edges", data["image"][:, None])
        x = adapted(w, "adapt", x) if count == 1 else x
        x = stage(w, f"{'student' if count > 1 else 'teacher'}.body.strokes", x)
        x = adapted(w, "adapt", x) if count == 2 else x
        loss = F.cross_entropy(head(w, "student" if count > 2 else "teacher", x), data["label"])
        descend(w, loss, "student", "adapt", *(() if frozen else ("teacher",)))

    assert rounds.apart(loop) < TOLERANCE
    if count < 3:
        assert rounds.apart(lambda w, d: loop(w, d, False)) > 1e-6


def test_models_for_the_build() -> None:
    """The parts of a game are the networks of its weights."""
    whole = distil(SPEC.student, SPEC.teacher, DOWN, sizes=SMALL)
    half = replace(SPEC.student, SPEC.teacher, 1, DOWN, sizes=SMALL)
    for game in (whole, half):
        for name, model in game.models.items():
            inner = {p.removeprefix(f"{name}.") for p in game.weights if p.startswith(f"{name}.")}
            assert inner == set(model.arrow.parameters)
    assert set(half.models["student"].arrow.parameters) == {"stem.edges.weight", "stem.edges.bias"}


# --- what does not match --------------------------------------------------------------------------

pixel, wide, narrow, k, other = Dim.named("pixel wide narrow k other")
teacher = blocks("teacher", body=op.linear(pixel, wide) >> op.relu, head=op.linear(wide, k))
student = blocks("student", body=op.linear(pixel, narrow) >> op.relu, head=op.linear(narrow, k))


def said(code: str, function, *arguments: object, **more: object) -> str:
    with pytest.raises(SpecError) as caught:
        function(*arguments, **more)
    assert caught.value.code == code
    return str(caught.value)


def test_ends_that_differ() -> None:
    wrong = blocks("teacher", head=op.linear(pixel, other))
    text = said("CM059", distil, student, wrong, DOWN)
    assert "does not make what the teacher does" in text and "Real[other]" in text
    text = said("CM059", distil, student, blocks("teacher", head=op.linear(other, k)), DOWN)
    assert "does not read" in text


def test_unknown_blocks() -> None:
    text = said("CM059", match, student, teacher, {"body": "haed"}, DOWN)
    assert '"head" was probably meant' in text
    assert match(student, teacher, {"body": "body"}, DOWN)
    assert "no pair" in said("CM059", match, student, teacher, {}, DOWN)


def test_features_that_differ_in_more_than_one_axis() -> None:
    n, m = Dim.named("n m")
    got, want = Real[n, narrow], Real[m, wide]
    text = said("CM059", adapter, "body", got, want)
    assert "more than one axis" in text and "Real[n, narrow] → Real[m, wide]" in text
    assert adapter("body", got, want, op.linear(n, m).at(got) >> op.linear(narrow, wide))
    assert adapter("body", got, got) is None
    made = adapter("body", got, Real[n, wide])
    assert made is not None and made.cod == (Real[n, wide],)


def test_given_adapters() -> None:
    bent = op.linear(narrow, other) >> op.linear(other, wide)
    game = match(student, teacher, {"body": "body"}, DOWN, adapters={"body": bent})
    assert sum(path.startswith("adapt_body.") for path in game.weights) == 4
    text = said(
        "CM059",
        match,
        student,
        teacher,
        {"body": "body"},
        DOWN,
        adapters={"body": op.linear(narrow, other)},
    )
    assert "does not lead from the student to the teacher" in text
    text = said("CM059", match, student, teacher, {"body": "body"}, DOWN, adapters={"head": bent})
    assert "is for no pair" in text


def test_hybrids() -> None:
    assert hybrid(student, teacher, 0).label() == "teacher"
    assert hybrid(student, teacher, 2).label() == "student"
    short = blocks("teacher", all=op.linear(pixel, k))
    assert "one by one" in said("CM059", hybrid, student, short, 1)
    assert "3 of 2" in said("CM059", hybrid, student, teacher, 3)
    assert "nothing learns" in said("CM059", replace, student, teacher, 0, DOWN)


def test_shares_and_temperatures() -> None:
    assert "above 0" in said("CM041", distil, student, teacher, DOWN, share=0.0)
    said("CM041", distil, student, teacher, DOWN, temperature=0.0)


def test_blocks_of_several_arrays() -> None:
    text = said("CM059", blocks, "net", both=op.linear(pixel, k) @ op.linear(pixel, k))
    assert "one real array" in text
    assert "no blocks" in said("CM059", blocks, "net")
