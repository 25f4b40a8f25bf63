//! How many successive requests tell one request's worth, because slow ones come in runs.

use tare_units::Nanoseconds;

/// How correlated a series is with its own past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Integrated autocorrelation time τ = 1 + 2·Σρ(k), at least 1: n samples bear as much as n/τ independent ones.
    pub time: f64,
    /// Whether independent samples would show such a τ less than once in a hundred times.
    pub significant: bool,
}

impl Correlation {
    /// As many independent samples would say as much as `count` of these, to be on the safe side: where τ is significant
    /// by [`Correlation::at_least`], else by τ itself.
    pub(crate) fn effective(&self, count: usize) -> f64 {
        match self.significant {
            true => self.at_least(count),
            false => count as f64 / self.time,
        }
    }

    /// The same by the upper end of τ at two standard deviations, τ·(1 + 2·√(2·(2·M + 1)/n)) with M = 5·τ (Sokal, as below).
    pub(crate) fn at_least(&self, count: usize) -> f64 {
        let count = count as f64;
        let spread = (2.0 * (2.0 * WINDOW * self.time + 1.0) / count).sqrt();
        count / (self.time * (1.0 + 2.0 * spread))
    }
}

/// Correlation of the indicator 1{sample ≤ `threshold`} over `samples` in issue order.
///
/// The sum of τ is cut at the smallest lag M ≥ 5·τ(M) (Sokal, "Monte Carlo methods in statistical mechanics", 1989), and
/// at a quarter of the series. Where M would exceed 256 lags, the series is summed in blocks of B and τ is found from
/// theirs, Var(sample)·τ = Var(block sum)·τ(block sums)/B (the idea of Goodman's `acor`), so that the time spent
/// stays linear in n. By chance alone ρ(k) ~ N(0, 1/n) (Bartlett, 1946). A constant indicator has τ = 1.
pub fn correlation(samples: &[Nanoseconds], threshold: Nanoseconds) -> Correlation {
    correlation_of(samples.iter().copied(), threshold)
}

/// [`correlation`] of samples that need not lie side by side in memory: of each, one bit is kept.
pub(crate) fn correlation_of(
    samples: impl Iterator<Item = Nanoseconds>,
    threshold: Nanoseconds,
) -> Correlation {
    let bits = Bits::new(samples, threshold);
    let variance = bits.autocovariance(0);
    if variance <= 0.0 {
        return Correlation {
            time: 1.0,
            significant: false,
        };
    }
    let fine = windowed(bits.count, |lag| bits.autocovariance(lag));
    let time = if fine.closed || bits.count / WORD < FEWEST_BLOCKS {
        fine.time
    } else {
        blocked(bits.block_sums(), WORD as f64, variance)
    };
    let by_chance = ONE_IN_A_HUNDRED * 2.0 * (fine.lags as f64 / bits.count as f64).sqrt();
    Correlation {
        time: time.max(1.0),
        significant: time > 1.0 + by_chance,
    }
}

const WORD: usize = u64::BITS as usize;
const MOST_LAGS: usize = 256;
const FEWEST_BLOCKS: usize = 16;
const REBLOCK: usize = 8;
const WINDOW: f64 = 5.0;
/// Upper 1% point of the standard normal distribution.
const ONE_IN_A_HUNDRED: f64 = 2.326;

/// τ of the series whose sums over blocks of `length` samples are given, each sample's variance being `variance`.
fn blocked(sums: Vec<f64>, length: f64, variance: f64) -> f64 {
    let mean = sums.iter().sum::<f64>() / sums.len() as f64;
    let centred: Vec<f64> = sums.iter().map(|sum| sum - mean).collect();
    let covariance = |lag: usize| {
        let products = centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b);
        products.sum::<f64>() / centred.len() as f64
    };
    let coarse = windowed(centred.len(), covariance);
    if coarse.closed || centred.len() / REBLOCK < FEWEST_BLOCKS {
        return coarse.time * covariance(0) / (length * variance);
    }
    let larger = sums
        .chunks_exact(REBLOCK)
        .map(|chunk| chunk.iter().sum())
        .collect();
    blocked(larger, length * REBLOCK as f64, variance)
}

struct Windowed {
    time: f64,
    lags: usize,
    closed: bool,
}

fn windowed(count: usize, covariance: impl Fn(usize) -> f64) -> Windowed {
    let variance = covariance(0);
    let (mut time, mut lags) = (1.0, 0);
    while lags < MOST_LAGS.min(count / 4) {
        lags += 1;
        time += 2.0 * covariance(lags) / variance;
        if lags as f64 >= WINDOW * time.max(1.0) {
            return Windowed {
                time,
                lags,
                closed: true,
            };
        }
    }
    Windowed {
        time,
        lags,
        closed: false,
    }
}

/// The indicator as one bit a sample, so that a lagged product of 64 samples is one `and`.
struct Bits {
    words: Vec<u64>,
    count: usize,
    ones: u64,
}

impl Bits {
    fn new(samples: impl Iterator<Item = Nanoseconds>, threshold: Nanoseconds) -> Self {
        let mut words: Vec<u64> = Vec::with_capacity(samples.size_hint().0.div_ceil(WORD));
        let (mut word, mut count) = (0, 0);
        for sample in samples {
            word |= u64::from(sample <= threshold) << (count % WORD);
            count += 1;
            if count % WORD == 0 {
                words.push(std::mem::take(&mut word));
            }
        }
        if count % WORD != 0 {
            words.push(word);
        }
        let ones = words.iter().map(|word| u64::from(word.count_ones())).sum();
        Self { words, count, ones }
    }

    /// Biased (divisor n) autocovariance at `lag` < n.
    fn autocovariance(&self, lag: usize) -> f64 {
        let count = self.count as f64;
        let mean = self.ones as f64 / count;
        let pairs = (self.count - lag) as f64;
        let ends =
            (2 * self.ones - self.ones_before(lag) - self.ones_from(self.count - lag)) as f64;
        (self.both(lag) as f64 - mean * ends + pairs * mean * mean) / count
    }

    /// Pairs at distance `lag` that are both ones; bits beyond the last sample are zero.
    fn both(&self, lag: usize) -> u64 {
        let (skip, shift) = (lag / WORD, lag % WORD);
        let later = &self.words[skip..];
        if shift == 0 {
            let pairs = self.words.iter().zip(later);
            return pairs.map(|(a, b)| u64::from((a & b).count_ones())).sum();
        }
        let shifted = |low: u64, high: u64| low >> shift | high << (WORD - shift);
        let inner: u64 = (self.words.iter().zip(later).zip(&later[1..]))
            .map(|((a, low), high)| u64::from((a & shifted(*low, *high)).count_ones()))
            .sum();
        let end = later.len() - 1;
        inner + u64::from((self.words[end] & shifted(later[end], 0)).count_ones())
    }

    fn ones_before(&self, end: usize) -> u64 {
        let (whole, rest) = (end / WORD, end % WORD);
        let full: u64 = self.words[..whole]
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum();
        let partial = self
            .words
            .get(whole)
            .map_or(0, |word| word & ((1 << rest) - 1));
        full + u64::from(partial.count_ones())
    }

    fn ones_from(&self, start: usize) -> u64 {
        let (whole, rest) = (start / WORD, start % WORD);
        let partial = self.words.get(whole).map_or(0, |word| word >> rest);
        let full = self.words.get(whole + 1..).unwrap_or_default();
        u64::from(partial.count_ones())
            + full
                .iter()
                .map(|word| u64::from(word.count_ones()))
                .sum::<u64>()
    }

    /// Ones in each whole word; what remains at the end is left out.
    fn block_sums(&self) -> Vec<f64> {
        let whole = &self.words[..self.count / WORD];
        whole
            .iter()
            .map(|word| f64::from(word.count_ones()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(slow: impl Fn(u64) -> bool, count: u64) -> Vec<Nanoseconds> {
        (0..count)
            .map(|place| Nanoseconds::from_nanos(1 + u64::from(slow(place))))
            .collect()
    }

    const FAST: Nanoseconds = Nanoseconds::from_nanos(1);

    #[test]
    fn lagged_products_of_bits_equal_those_of_numbers() {
        for count in [1, 63, 64, 65, 128, 300] {
            let series = samples(|place| place * place % 7 < 3, count);
            let bits = Bits::new(series.iter().copied(), FAST);
            let numbers: Vec<f64> = series
                .iter()
                .map(|sample| f64::from(u8::from(*sample <= FAST)))
                .collect();
            let mean = numbers.iter().sum::<f64>() / count as f64;
            for lag in 0..count as usize {
                let pairs = numbers.iter().zip(&numbers[lag..]);
                let expected =
                    pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / count as f64;
                assert!(
                    (bits.autocovariance(lag) - expected).abs() < 1e-12,
                    "{count} at {lag}"
                );
            }
        }
    }

    #[test]
    fn a_constant_an_alternating_and_a_periodic_series_lose_nothing() {
        let free = Correlation {
            time: 1.0,
            significant: false,
        };
        assert_eq!(correlation(&samples(|_| false, 1_000), FAST), free);
        assert_eq!(
            correlation(&samples(|place| place % 2 == 0, 1_000), FAST),
            free
        );
        assert_eq!(
            correlation(&samples(|place| place % 10 == 0, 1_000), FAST),
            free
        );
    }

    #[test]
    fn a_series_that_drifts_has_hardly_any_independent_samples() {
        for count in [24, 1_000, 100_000] {
            let found = correlation(&samples(|place| place >= count / 2, count), FAST);
            assert!(
                found.significant && found.time > count as f64 / 10.0,
                "{count}: {found:?}"
            );
        }
    }
}
