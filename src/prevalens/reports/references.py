"""The papers that a report cites, listed because its texts cite them."""

from collections.abc import Iterable, Mapping

from prevalens.metrics.references import references_in as metrics_in

OWN: Mapping[str, str] = {
    "Sounderajah 2025": "Sounderajah V et al. The STARD-AI reporting guideline for diagnostic "
    "accuracy studies using artificial intelligence. Nat Med 2025;31:3283-3289.",
    "Collins 2024": "Collins GS et al. TRIPOD+AI statement. BMJ 2024;385:e078378.",
    "Tejani 2024": "Tejani AS et al. CLAIM: 2024 update. Radiol Artif Intell 2024;6:e240300.",
    "Moons 2025": "Moons KGM et al. PROBAST+AI: an updated quality, risk of bias, and "
    "applicability assessment tool for prediction models. BMJ 2025;388:e082505.",
    "Van Calster 2025": "Van Calster B et al. Evaluation of performance measures in predictive "
    "artificial intelligence models to support medical decisions. Lancet Digit Health "
    "2025;7:100916.",
    "van den Goorbergh 2022": "van den Goorbergh R et al. The harm of class imbalance corrections "
    "for risk prediction models. J Am Med Inform Assoc 2022;29:1525-1534.",
    "Saerens 2002": "Saerens M, Latinne P, Decaestecker C. Adjusting the outputs of a classifier "
    "to new a priori probabilities. Neural Comput 2002;14:21-41.",
    "Angelopoulos 2021": "Angelopoulos AN et al. Learn then test. arXiv:2110.01052, 2021.",
    "Holm 1979": "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat "
    "1979;6:65-70.",
}


def references_in(texts: Iterable[str]) -> list[str]:
    """Return the papers that texts cite, in full and sorted.

    Examples:
        >>> references_in(["corrected on the odds (Saerens 2002)"])[0][:9]
        'Saerens M'
    """
    joined = " ".join(texts)
    own = {full for cited, full in OWN.items() if cited in joined}
    return sorted(own | set(metrics_in(joined)), key=str.casefold)
