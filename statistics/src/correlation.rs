//! How many successive requests tell one request's worth, because slow ones come in runs.

use tare_units::Nanoseconds;

/// Integrated autocorrelation time τ = 1 + 2·Σρ(k) of the indicator 1{sample ≤ `threshold`}, at least 1.
///
/// `samples` are in issue order; n of them bear as much on the share below the threshold as n/τ independent ones.
/// The sum is cut at the smallest lag M ≥ 5·τ(M) (Sokal, "Monte Carlo methods in statistical mechanics", 1989), and at a
/// quarter of the series. Where M would exceed 256 lags, the series is summed in blocks and τ is found from theirs:
/// B·τ(block sums)·Var(block sum)/B² = Var(sample)·τ (as in Goodman's `acor`), so that the time spent stays linear in n.
/// An excess over 1 that independent samples would show by chance more often than once in twenty counts as none
/// (Bartlett: then ρ(k) ~ N(0, 1/n)); otherwise short series would be refused at random.
pub fn correlation_time(samples: &[Nanoseconds], threshold: Nanoseconds) -> f64 {
    let bits = Bits::new(samples, threshold);
    let variance = bits.autocovariance(0);
    if variance <= 0.0 {
        return 1.0;
    }
    let fine = windowed(bits.count, |lag| bits.autocovariance(lag));
    let time = if fine.closed || bits.count / WORD < FEWEST_BLOCKS {
        fine.time
    } else {
        blocked(bits.block_sums(), WORD as f64, variance)
    };
    let chance = ONE_IN_TWENTY * 2.0 * (fine.lags as f64 / bits.count as f64).sqrt();
    if time > 1.0 + chance { time } else { 1.0 }
}

const WORD: usize = u64::BITS as usize;
const MOST_LAGS: usize = 256;
const FEWEST_BLOCKS: usize = 16;
const REBLOCK: usize = 8;
const WINDOW: f64 = 5.0;
/// Upper 5% point of the standard normal distribution.
const ONE_IN_TWENTY: f64 = 1.645;

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
    fn new(samples: &[Nanoseconds], threshold: Nanoseconds) -> Self {
        let word = |chunk: &[Nanoseconds]| {
            let bits = chunk.iter().enumerate();
            bits.fold(0, |word, (place, sample)| {
                word | u64::from(*sample <= threshold) << place
            })
        };
        let words: Vec<u64> = samples.chunks(WORD).map(word).collect();
        let ones = words.iter().map(|word| u64::from(word.count_ones())).sum();
        Self {
            words,
            count: samples.len(),
            ones,
        }
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
