"""Dreams of digits: an image moves until a classifier is sure of a class.

Run ``python -m examples.digits_dreaming [folder]``.  Both games of specs/dreaming.py are generated:
first the weights learn from labels, then, with the weights standing still, the image climbs.  Ten
grey images dream of the ten digits.  What the classifier dreams of convinces itself; how many of
the dreams convince a network of another kind, which has never seen this one, says how much of a
digit is in them.  The folder keeps the files, and a sheet: dreams after more and more steps.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from examples.common import SPECS, bars, commute, fit, generated
from examples.digits import data
from examples.sheets import sheet

EPOCHS = 30
BATCH = 64
SHEETS = (0, 1, 2, 5, 10, 50)
DIGITS = 10
GREY = 0.3


@torch.no_grad()
def certainty(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """The mean probability of the class that is asked for, and how often it is the likeliest."""
    scores = model(images).softmax(1)
    sure = scores.gather(1, labels[:, None]).mean().item()
    return sure, (scores.argmax(1) == labels).float().mean().item()


def main(folder: Path) -> list[tuple[int, float, float, float]]:
    """After each number of steps: certainty, recognised, and recognised by the other network."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = SPECS / "dreaming.py"
    commute("check", spec)
    commute("build", spec, "--arch", "from_labels", "--train", "-o", folder / "learning.py")
    commute("build", spec, "--arch", "dreaming", "--train", "-o", folder / "dreaming.py")
    other_spec = SPECS / "digits_cnn.py"
    commute("build", other_spec, "--arch", "digits_cnn", "-o", folder / "other.py")

    torch.set_num_threads(1)  # the images are small: a second thread would only wait
    x, y, x_test, y_test = data()
    files = {
        one: generated(folder / f"{one}.py") for one in ("learning", "learning_train", "other")
    }
    dreams = generated(folder / "dreaming_train.py")
    torch.manual_seed(0)
    model, other = files["learning"].Classifier(), files["other"].DigitsCnn()
    rows = [r for _ in range(EPOCHS) for r in torch.randperm(len(x)).split(BATCH)]
    print(f"\n{len(x)} digits to learn from, {len(x_test)} held out")
    with bars() as progress:
        training = files["learning_train"].Training(model.train())
        for r in rows:
            training.step(x[r, 0], y[r])

        def loss(step: int) -> Tensor:
            r = rows[step]
            return nn.functional.cross_entropy(other(x[r]), y[r])

        fit(other, loss, len(rows), 6e-3, "the other network", progress)
    model.requires_grad_(False).eval()
    for title, one, images in (("dreamer", model, x_test[:, 0]), ("other network", other, x_test)):
        print(f"held-out accuracy, {title}: {certainty(one, images, y_test)[1]:.4f}")

    wanted = torch.arange(DIGITS)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    dream = dreams.Training(model, torch.full((DIGITS, 8, 8), GREY))
    found, pictures = [], []
    for step in range(SHEETS[-1] + 1):
        if step in SHEETS:
            image = dream.image.detach().clone()
            shown = image.clamp(0, 1)
            sure, right = certainty(model, image, wanted)
            found.append((step, sure, right, certainty(other, shown.unsqueeze(1), wanted)[1]))
            pictures.append(shown)
        dream.step(wanted)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())

    print(f"{'steps':>6}{'certainty':>12}{'recognised':>12}{'by the other network':>22}")
    for step, sure, right, elsewhere in found:
        print(f"{step:6}{sure:12.3f}{100 * right:11.0f}%{100 * elsewhere:21.0f}%")
    (folder / "dreams.png").write_bytes(sheet(torch.stack(pictures)))
    print(f"wrote {', '.join(sorted(str(p) for p in folder.iterdir() if p.is_file()))}")
    return found


if __name__ == "__main__":
    last = main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/digits_dreaming"))[-1]
    sys.exit(0 if last[1] >= 0.9 else 1)
