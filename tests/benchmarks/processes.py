"""Families of studies whose truth is known: where intervals are hard to get right."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

Study = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Process:
    """How labels, scores and patients of a study come about.

    Args:
        name: What is particular about it.
        patients: Number of patients.
        images: Images per patient, on average.
        sizes: `"even"`, `"single"` (one image each), `"lognormal"`, `"dominated"` (one patient has
            40 % of the images) or `"informative"` (sicker patients have more images).
        prevalence: Share of positive images, about.
        auroc: What a ranking of images of average patients would reach, about.
        correlation: Share of the variance of scores, and of labels, that lies between patients.
        one_class: Whether all images of a patient have one label.
        levels: Number of distinct scores; 0 for as many as there are images.
        noise: Share of labels that are wrong.
        tails: Degrees of freedom of the patients' effects on scores; 0 for the normal.
    """

    name: str
    patients: int = 40
    images: int = 20
    sizes: str = "even"
    prevalence: float = 0.3
    auroc: float = 0.85
    correlation: float = 0.3
    one_class: bool = False
    levels: int = 0
    noise: float = 0.0
    tails: float = 0.0

    def draw(self, rng: np.random.Generator, patients: int | None = None) -> Study:
        """Draw one study: labels, scores in (0, 1), and the patient of each image."""
        k = self.patients if patients is None else patients
        risk = rng.normal(size=k)
        codes = np.repeat(np.arange(k), self._sizes(rng, k, risk))
        cut = stats.norm.ppf(1 - self.prevalence)
        own = 1.0 if self.one_class else self.correlation
        latent = np.sqrt(own) * risk[codes] + np.sqrt(1 - own) * rng.normal(size=codes.size)
        labels = latent > cut
        effect = rng.standard_t(self.tails, k) if self.tails else rng.normal(size=k)
        between = np.sqrt(self.correlation) * effect[codes]
        within = np.sqrt(1 - self.correlation) * rng.normal(size=codes.size)
        apart = np.sqrt(2) * stats.norm.ppf(self.auroc)
        signal = apart * labels + between + within
        middle = apart / 2 + np.log(1 / self.prevalence - 1) / max(apart, 0.5)
        scores = special.expit(apart * (signal - middle))
        if self.levels:
            scores = (
                np.minimum(np.floor(scores * self.levels), self.levels - 1) + 0.5
            ) / self.levels
        if self.noise:
            labels = labels ^ (rng.random(codes.size) < self.noise)
        return labels, np.clip(scores, 1e-6, 1 - 1e-6), codes

    def _sizes(self, rng: np.random.Generator, k: int, risk: np.ndarray) -> np.ndarray:
        if self.sizes == "single":
            return np.ones(k, dtype=np.int64)
        if self.sizes == "lognormal":
            return np.ceil(self.images * rng.lognormal(-0.5, 1.0, k)).astype(np.int64)
        if self.sizes == "informative":
            return np.ceil(self.images * np.exp(0.7 * risk - 0.245)).astype(np.int64)
        sizes = np.full(k, self.images)
        if self.sizes == "dominated":
            return np.where(np.arange(k) == 0, int(self.images * (k - 1) * 2 / 3), sizes)
        return sizes

    def population(self, patients: int = 40_000) -> Study:
        """Draw very many patients, whose estimates are taken as the truth.

        The truth of a study with one large patient is that of patients alike.
        """
        alike = replace(self, sizes="even") if self.sizes == "dominated" else self
        return alike.draw(np.random.default_rng(20_260_731), patients)

    def threshold(self) -> float:
        """Return where predictions are cut."""
        return min(0.5, 1.5 * self.prevalence)


PROCESSES = (
    Process("10 patients", patients=10),
    Process("15 patients", patients=15),
    Process("20 patients", patients=20),
    Process("40 patients"),
    Process("100 patients", patients=100),
    Process("200 patients", patients=200, images=10),
    Process("10 patients, lognormal sizes", patients=10, sizes="lognormal"),
    Process("20 patients, lognormal sizes", patients=20, sizes="lognormal"),
    Process("60 patients, lognormal sizes", patients=60, sizes="lognormal"),
    Process("20 patients, one with 40 % of the images", patients=20, sizes="dominated"),
    Process("60 patients, one with 40 % of the images", patients=60, sizes="dominated"),
    Process("20 patients, sicker ones have more images", patients=20, sizes="informative"),
    Process("60 patients, sicker ones have more images", patients=60, sizes="informative"),
    Process("20 patients of one class", patients=20, one_class=True),
    Process("60 patients of one class", patients=60, one_class=True),
    Process("60 patients of one class, lognormal", patients=60, one_class=True, sizes="lognormal"),
    Process("prevalence 1 %", patients=100, prevalence=0.01),
    Process("prevalence 5 %", patients=60, prevalence=0.05),
    Process("prevalence 50 %", prevalence=0.5),
    Process("AUROC 0.6", auroc=0.6),
    Process("AUROC 0.95", auroc=0.95),
    Process("AUROC 0.99, 20 patients", patients=20, auroc=0.99),
    Process("AUROC 0.99", auroc=0.99),
    Process("five score levels", levels=5),
    Process("label noise 10 %", noise=0.1),
    Process("heavy tails", tails=3.0),
    Process("one image each, 60", patients=60, sizes="single"),
    Process("one image each, 100, prevalence 10 %", patients=100, sizes="single", prevalence=0.1),
    Process("one image each, 300, AUROC 0.97", 300, sizes="single", prevalence=0.05, auroc=0.97),
    Process("one image each, 1,000, AUROC 0.99", 1000, sizes="single", prevalence=0.02, auroc=0.99),
)
