//! One arena for all buffers between steps: each has a place in it for as long as it lives.

use std::cmp::Reverse;

use tare_units::Bytes;

/// Buffers begin at multiples of so many bytes.
pub const ALIGNMENT: u64 = 256;

/// The orders in which buffers are placed, of which the best is taken.
const ORDERS: usize = 4;

/// How large a buffer is, and the first and the last step that touch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Its size.
    pub bytes: Bytes,
    /// The first step that writes it.
    pub first: usize,
    /// The last that writes or reads it.
    pub last: usize,
}

/// Where each buffer begins, and how large the arena is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arena {
    /// In the order of the lifetimes.
    pub offsets: Vec<Bytes>,
    /// The end of the last buffer.
    pub bytes: Bytes,
}

impl Lifetime {
    fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    fn aligned(&self) -> u64 {
        self.bytes.as_bytes().next_multiple_of(ALIGNMENT)
    }

    /// How early it is placed in each order.
    fn ranks(&self) -> [(u64, u64); ORDERS] {
        let (size, span) = (self.aligned(), (self.last - self.first + 1) as u64);
        let early = u64::MAX - self.first as u64;
        [
            (size, span),
            (span, size),
            (span.saturating_mul(size), size),
            (early, size),
        ]
    }
}

/// Places one buffer after the other, each in the smallest gap between those that live at the same time; of several orders,
/// the largest first (greedy by size, Pisarchyk and Lee, 2020), the longest-lived, both together, and that of execution, the
/// one whose arena is the smallest.
pub fn place(lifetimes: &[Lifetime]) -> Arena {
    let arenas = (0..ORDERS).map(|order| {
        let mut numbers: Vec<usize> = (0..lifetimes.len()).collect();
        numbers.sort_by_key(|number| (Reverse(lifetimes[*number].ranks()[order]), *number));
        in_order(lifetimes, &numbers)
    });
    arenas.min_by_key(|arena| arena.bytes).unwrap_or_default()
}

fn in_order(lifetimes: &[Lifetime], order: &[usize]) -> Arena {
    let mut placed: Vec<(u64, usize)> = Vec::with_capacity(order.len());
    let mut offsets = vec![Bytes::from_bytes(0); lifetimes.len()];
    let mut end = 0;
    for number in order {
        let own = &lifetimes[*number];
        let beside = placed
            .iter()
            .filter(|(_, other)| own.overlaps(&lifetimes[*other]));
        let taken = beside.map(|(offset, other)| (*offset, offset + lifetimes[*other].aligned()));
        let offset = smallest_gap(taken, own.aligned());
        let at = placed.partition_point(|(other, _)| *other <= offset);
        placed.insert(at, (offset, *number));
        offsets[*number] = Bytes::from_bytes(offset);
        end = end.max(offset + own.aligned());
    }
    Arena {
        offsets,
        bytes: Bytes::from_bytes(end),
    }
}

/// The beginning of the smallest gap between what is taken, in ascending order, that holds `size`; else where that ends.
fn smallest_gap(taken: impl Iterator<Item = (u64, u64)>, size: u64) -> u64 {
    let mut best: Option<(u64, u64)> = None;
    let mut end = 0;
    for (from, to) in taken {
        let gap = from.saturating_sub(end);
        if gap >= size && best.is_none_or(|(smallest, _)| gap < smallest) {
            best = Some((gap, end));
        }
        end = end.max(to);
    }
    best.map_or(end, |(_, offset)| offset)
}

/// The most bytes that live at once: no arena is smaller.
pub fn peak(lifetimes: &[Lifetime]) -> Bytes {
    let at = |step: usize| {
        let living = lifetimes
            .iter()
            .filter(|own| (own.first..=own.last).contains(&step));
        living.map(Lifetime::aligned).sum::<u64>()
    };
    let firsts = lifetimes.iter().map(|own| own.first);
    Bytes::from_bytes(firsts.map(at).max().unwrap_or(0))
}

/// What the buffers would take if none shared its place.
pub fn unshared(lifetimes: &[Lifetime]) -> Bytes {
    Bytes::from_bytes(lifetimes.iter().map(Lifetime::aligned).sum())
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};

    use super::*;

    fn lifetime(bytes: u64, first: usize, last: usize) -> Lifetime {
        Lifetime {
            bytes: Bytes::from_bytes(bytes),
            first,
            last,
        }
    }

    fn check(lifetimes: &[Lifetime], arena: &Arena) {
        let start = |number: usize| arena.offsets[number].as_bytes();
        for (number, own) in lifetimes.iter().enumerate() {
            assert_eq!(start(number) % ALIGNMENT, 0);
            assert!(start(number) + own.bytes.as_bytes() <= arena.bytes.as_bytes());
            for (later, other) in lifetimes.iter().enumerate().skip(number + 1) {
                let apart = start(number) + own.bytes.as_bytes() <= start(later)
                    || start(later) + other.bytes.as_bytes() <= start(number);
                assert!(apart || !own.overlaps(other), "{number} and {later}");
            }
        }
        assert!(arena.bytes >= peak(lifetimes));
        assert!(arena.bytes <= unshared(lifetimes));
    }

    #[test]
    fn buffers_of_one_time_never_overlap_however_they_are_drawn() {
        for seed in 0..300 {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut below = |most: u64| random.next_u64() % most;
            let lifetimes: Vec<Lifetime> = (0..below(60))
                .map(|_| {
                    let first = below(40) as usize;
                    lifetime(1 + below(10_000), first, first + below(8) as usize)
                })
                .collect();
            check(&lifetimes, &place(&lifetimes));
        }
    }

    #[test]
    fn a_chain_takes_two_places_however_long_it_is() {
        let chain: Vec<Lifetime> = (0..50).map(|step| lifetime(1000, step, step + 1)).collect();
        let arena = place(&chain);
        assert_eq!(arena.bytes.as_bytes(), 2 * 1024);
        assert_eq!(peak(&chain), arena.bytes);
        assert_eq!(unshared(&chain).as_bytes(), 50 * 1024);
    }

    #[test]
    fn the_smallest_gap_that_holds_it_is_taken() {
        let taken = [(0, 10), (40, 50), (60, 70), (65, 90)];
        let gap = |size| smallest_gap(taken.into_iter(), size);
        assert_eq!((gap(10), gap(30), gap(31)), (50, 10, 90));
    }

    #[test]
    fn nothing_takes_no_bytes() {
        assert_eq!(place(&[]), Arena::default());
        assert_eq!(peak(&[]).as_bytes(), 0);
    }
}
