"""Makes stats.json: random cases with the answers of scipy and statsmodels.

Run with Python 3.11, numpy 2, scipy 1.17 and statsmodels 0.15 (versions are written into the file):

    python3 make_stats.py > stats.json
"""

import json
import sys
import warnings

import numpy as np
import scipy
import statsmodels
from scipy import stats
from scipy.stats import bootstrap
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261124)


def number(x):
    return float(x) if np.isfinite(x) else str(float(x))


def pairs():
    """Paired scores: 0/1, soft VQA accuracies, and real numbers."""
    for n in (9, 12, 17, 60, 251):
        for kind in ("binary", "soft", "real"):
            if kind == "binary":
                a = (rng.random(n) < rng.uniform(0.2, 0.9)).astype(float)
                b = np.where(rng.random(n) < 0.2, 1 - a, a)
            elif kind == "soft":
                a = rng.choice([0, 0.3, 0.6, 0.9, 1.0], n)
                b = np.where(rng.random(n) < 0.4, rng.choice([0, 0.3, 0.6, 0.9, 1.0], n), a)
            else:
                a = np.round(rng.normal(0, 1, n), 6)
                b = np.round(a + rng.gamma(1.5, 0.3, n) - 0.3, 6)
            d = b - a
            if np.ptp(d) == 0:
                continue
            yield kind, a, b, d


def pair_case(kind, a, b, d):
    test = stats.ttest_rel(b, a)
    interval = test.confidence_interval(0.95)
    wins_a, wins_b = int((d < 0).sum()), int((d > 0).sum())
    table = [[0, wins_a], [wins_b, 0]]
    corrected = mcnemar(table, exact=False, correction=True) if wins_a + wins_b else None
    out = {
        "kind": kind,
        "a": a.tolist(),
        "b": b.tolist(),
        "mean": d.mean(),
        "sd": d.std(ddof=1),
        "se": stats.sem(d),
        "t": test.statistic,
        "p": test.pvalue,
        "interval": [interval.low, interval.high],
        "mcnemar_p": mcnemar(table, exact=True).pvalue if wins_a + wins_b else 1.0,
        "chi2": corrected.statistic if corrected else 0.0,
        "chi2_p": corrected.pvalue if corrected else 1.0,
    }
    if len(d) <= 60:
        means = np.sort(d[rng.integers(0, len(d), (80, len(d)))].mean(axis=1))

        class Given:
            bootstrap_distribution = means

        def interval_of(method):
            found = bootstrap(
                (d,), np.mean, n_resamples=0, method=method, bootstrap_result=Given, vectorized=True
            ).confidence_interval
            return [number(found.low), number(found.high)]

        out["means"] = means.tolist()
        out["percentile"] = interval_of("percentile")
        out["bca"] = interval_of("BCa")
    else:
        # What an endless bootstrap comes to, for the resampling itself.
        found = bootstrap((d,), np.mean, n_resamples=200_000, method="BCa", batch=2_000, rng=rng)
        out["bca_of_200000"] = [found.confidence_interval.low, found.confidence_interval.high]
    return out


def corrections():
    for n in (2, 5, 20, 65):
        p = rng.beta(0.4, 2, n)
        if n == 20:
            p[3:6] = p[0]
            p[7] = 0.0
            p[9] = 1.0
        yield {
            "p": p.tolist(),
            "holm": multipletests(p, method="holm")[1].tolist(),
            "bh": multipletests(p, method="fdr_bh")[1].tolist(),
        }


def wilson():
    for n in (1, 2, 10, 137, 5000, 214354):
        for share in (0, 0.013, 0.5, 0.97, 1):
            k = round(n * share)
            confidence = float(rng.choice([0.9, 0.95, 0.99]))
            low, high = proportion_confint(k, n, 1 - confidence, method="wilson")
            yield {"k": k, "n": n, "confidence": confidence, "interval": [low, high]}


def student():
    for freedom in (1, 2, 3, 7.5, 29, 499, 4999, 214353, 3e6):
        quantiles = {str(p): stats.t.ppf(p, freedom) for p in (0.9, 0.95, 0.975, 0.995, 0.0005)}
        tails = {str(t): 2 * stats.t.sf(t, freedom) for t in (0.0, 0.01, 0.5, 1.3, 1.96, 3.3, 6.0)}
        yield {"freedom": freedom, "quantiles": quantiles, "two_sided": tails}


def toss():
    for a, b in ((0, 1), (1, 1), (0, 100), (3, 17), (201, 275), (5000, 5137), (20000, 20600), (51000, 50000)):
        yield {"a": a, "b": b, "p": float(min(1.0, 2 * stats.binom.cdf(min(a, b), a + b, 0.5)))}


def normal():
    for p in (1e-12, 1e-5, 0.0005, 0.025, 0.2, 0.5, 0.8, 0.975, 0.9999):
        yield {"p": p, "quantile": stats.norm.ppf(p), "cdf_of_quantile": stats.norm.cdf(stats.norm.ppf(p))}


json.dump(
    {
        "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "pairs": [pair_case(*case) for case in pairs()],
        "corrections": list(corrections()),
        "wilson": list(wilson()),
        "student": list(student()),
        "tosses": list(toss()),
        "normal": list(normal()),
    },
    sys.stdout,
    separators=(",", ":"),
)
