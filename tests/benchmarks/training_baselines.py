"""Training steps in idiomatic PyTorch: what a careful user would write by hand.

Frozen before the emitter of training files is tuned.  Each makes its models, its optimisers with
the same calls of ``torch.optim`` as the declared game (fused where that exists), and one step on a
batch.  The GAN paints once a round and detaches the images for the critic; what each player does
not move is not differentiated (``requires_grad_``).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.benchmarks.baselines import CharacterModel, DigitsCnn

Step = Callable[..., object]


def digits() -> Step:
    """Cross-entropy of the digits CNN, Adam."""
    model = DigitsCnn()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step(image: Tensor, label: Tensor) -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(image), label)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def perceptron() -> Step:
    """Squared error of a perceptron, momentum."""
    model = nn.Sequential(
        nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


class Painter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sketch = nn.Linear(16, 8 * 8 * 8)
        self.strokes = nn.Conv2d(8, 16, 3, padding=1)
        self.image = nn.Conv2d(16, 1, 3, padding=1)

    def forward(self, noise: Tensor) -> Tensor:
        x = F.relu(self.sketch(noise)).view(-1, 8, 8, 8)
        return torch.sigmoid(self.image(F.relu(self.strokes(x)))).squeeze(1)


class Critic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.look, self.verdict = nn.Linear(64, 64), nn.Linear(64, 1)

    def forward(self, image: Tensor) -> Tensor:
        return self.verdict(F.leaky_relu(self.look(image.flatten(1)), 0.2)).squeeze(1)


def contest() -> Step:
    """A round of a GAN in turn: the critic, then the painter; the non-saturating loss, Adam."""
    painter, critic = Painter(), Critic()
    paints = torch.optim.Adam(painter.parameters(), lr=2e-3, betas=(0.5, 0.999), fused=True)
    judges = torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.5, 0.999), fused=True)
    surprise = F.binary_cross_entropy_with_logits

    def step(real: Tensor) -> tuple[Tensor, Tensor]:
        painted = painter(torch.randn(real.shape[0], 16, device=real.device))

        critic.requires_grad_(True)
        judges.zero_grad(set_to_none=True)
        seen, fake = critic(real), critic(painted.detach())
        critic_loss = surprise(seen, torch.ones_like(seen))
        critic_loss = critic_loss + surprise(fake, torch.zeros_like(fake))
        critic_loss.backward()
        judges.step()

        critic.requires_grad_(False)
        paints.zero_grad(set_to_none=True)
        fake = critic(painted)
        painter_loss = surprise(fake, torch.ones_like(fake))
        painter_loss.backward()
        paints.step()
        return critic_loss.detach(), painter_loss.detach()

    return step


def characters() -> Step:
    """Cross-entropy of the next character of a small causal transformer, AdamW."""
    sizes = dict(token=64, letter=100, width=64, heads=4, inner=256, blocks=2)
    model = CharacterModel(sizes)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, fused=True)

    def step(text: Tensor, after: Tensor) -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        scores = model(text)
        loss = F.cross_entropy(scores.flatten(0, 1), after.flatten())
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step
