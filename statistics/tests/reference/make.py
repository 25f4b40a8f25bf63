"""Writes the figures that the tests compare with, from numpy and scipy: `python make.py` in this folder.

Series are made by an integer generator that the tests repeat bit for bit; every figure comes from numpy or scipy.
Last written with numpy 2.4.6 and scipy 1.17.1.
"""

import csv
import math

import numpy as np
from scipy import stats

PER_MILLE = [500, 900, 950, 990, 999]
TAIL = 0.025


def series(seed, count, modulus, memory):
    """Knuth's MMIX generator; each value keeps memory/8 of the last one."""
    state, value, out = seed, 0, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        value = (memory * value + (8 - memory) * ((state >> 33) % modulus)) // 8
        out.append(1_000 + value)
    return out


def write(name, header, rows):
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def quantiles():
    for seed, count, modulus in [(1, 1, 1000), (2, 2, 1000), (3, 10, 1000), (4, 101, 7), (5, 1000, 10**6), (6, 54321, 10**9)]:
        samples = np.array(series(seed, count, modulus, 0), dtype=np.uint64)
        values = [int(np.quantile(samples, p / 1000, method="inverted_cdf")) for p in PER_MILLE]
        # the plain sample deviation is undefined for a single sample
        spread = repr(float(np.std(samples.astype(np.longdouble), ddof=1))) if count > 1 else "nan"
        yield [seed, count, modulus, *values, repr(float(np.mean(samples))), spread, samples.min(), samples.max()]


def ranks():
    for p in PER_MILLE:
        need = next(n for n in range(1, 10**5) if max((p / 1000) ** n, (1 - p / 1000) ** n) <= TAIL)
        for count in [need, need + 1, 2 * need, 10_000, 123_457, 1_000_000]:
            law = stats.binom(count, p / 1000)
            # smallest k with cdf > TAIL is the largest low with P(X < low) <= TAIL
            low = int(law.ppf(TAIL))
            low += law.cdf(low) <= TAIL
            high = int(law.isf(TAIL))
            assert law.cdf(low - 1) <= TAIL < law.cdf(low) and law.sf(high) <= TAIL < law.sf(high - 1)
            yield [p, need, count, low, high]


def student():
    for seed, count in [(11, 2), (12, 3), (13, 5), (14, 10), (15, 30)]:
        values = np.array(series(seed, count, 5000, 0), dtype=float)
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        yield [seed, count, repr(float(values.mean())), repr(float(interval.low)), repr(float(interval.high))]


def correlation():
    """Sokal's window on numpy's full correlation of the indicator of the nearest-rank quantile."""
    for seed, count, memory in [(21, 40, 0), (22, 100, 4), (23, 1000, 0), (24, 1000, 5), (25, 5000, 6), (26, 20000, 7)]:
        samples = np.array(series(seed, count, 10**6, memory))
        for p in PER_MILLE[:4]:
            below = (samples <= np.quantile(samples, p / 1000, method="inverted_cdf")).astype(float)
            centred = below - below.mean()
            covariance = np.correlate(centred, centred, "full")[count - 1 :]
            if covariance[0] <= 0:
                yield [seed, count, memory, p, 1.0]
                continue
            time = 1 + 2 * np.cumsum(covariance[1 : count // 4 + 1] / covariance[0])
            closed = [lag for lag, t in enumerate(time, 1) if lag >= 5 * max(t, 1)]
            yield [seed, count, memory, p, repr(float(max(1.0, time[(closed[0] if closed else len(time)) - 1])))]


def autoregressive():
    """The true correlation time of 1{x <= q} of a Gaussian AR(1) series, from the bivariate normal distribution."""
    for phi in [0.0, 0.3, 0.9, 0.99, 0.999]:
        for p in [500, 900, 990]:
            share = p / 1000
            z = stats.norm.ppf(share)
            lags = np.arange(1, 1 + (int(math.log(1e-9) / math.log(phi)) if phi else 1))
            # P(x<=z, y<=z) - p^2 is the integral of the bivariate density over the correlation (Plackett 1954)
            nodes, weights = np.polynomial.legendre.leggauss(200)
            total = 0.0
            for lag in lags:
                r = phi ** int(lag)
                s = np.arcsin(r) * (nodes + 1) / 2
                density = np.exp(-z * z / (1 + np.sin(s))) / (2 * np.pi)
                total += float(np.sum(weights * density) * np.arcsin(r) / 2)
            yield [phi, p, repr(1 + 2 * total / (share * (1 - share)))]


write("quantiles.csv", ["seed", "count", "modulus", "p50", "p90", "p95", "p99", "p99_9", "mean", "std", "min", "max"], quantiles())
write("ranks.csv", ["per_mille", "need", "count", "low", "high"], ranks())
write("student.csv", ["seed", "count", "mean", "low", "high"], student())
write("correlation.csv", ["seed", "count", "memory", "per_mille", "time"], correlation())
write("autoregressive.csv", ["phi", "per_mille", "time"], autoregressive())
