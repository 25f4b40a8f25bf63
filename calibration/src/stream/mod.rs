//! Moving data: reading a working set, and STREAM's triad over it, with the widest registers that the machine has.

mod sys;

pub(crate) use sys::Streams;

/// Sixteen numbers that fill a line of cache.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [f32; 16]);

/// Bytes of a [`Line`].
pub(crate) const LINE: u64 = 64;

/// One thread's part of a working set, every page of it touched.
#[derive(Debug)]
pub struct WorkingSet {
    lines: Vec<Line>,
    streams: Streams,
}

impl WorkingSet {
    /// Of `bytes`, rounded down to three equal arrays of whole lines.
    pub fn of(bytes: u64) -> Self {
        let third = (bytes / LINE / 3).max(1) as usize;
        let line = |index: usize| Line([index as f32; 16]);
        Self {
            lines: (0..3 * third).map(line).collect(),
            streams: Streams::widest(),
        }
    }

    /// Bytes that one [`WorkingSet::read`] or [`WorkingSet::triad`] moves.
    pub fn bytes(&self) -> u64 {
        self.lines.len() as u64 * LINE
    }

    /// The wrapping sum of all numbers' bits.
    pub fn read(&self) -> u32 {
        self.streams.read(&self.lines)
    }

    /// The first third becomes the second plus three times the last.
    pub fn triad(&mut self) {
        let third = self.lines.len() / 3;
        let (first, rest) = self.lines.split_at_mut(third);
        let (second, last) = rest.split_at(third);
        self.streams.triad(first, second, last, 3.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain_sum(lines: &[Line]) -> u32 {
        let bits = lines.iter().flat_map(|line| line.0).map(f32::to_bits);
        bits.fold(0, u32::wrapping_add)
    }

    #[test]
    fn reading_meets_every_number_once() {
        for lines in [1, 2, 7, 8, 9, 100] {
            let set = WorkingSet::of(3 * LINE * lines);
            assert_eq!(set.bytes(), 3 * LINE * lines);
            for streams in Streams::all() {
                assert_eq!(streams.read(&set.lines), plain_sum(&set.lines), "{lines}");
            }
        }
    }

    #[test]
    fn the_triad_writes_every_number_of_its_array() {
        for lines in [1, 2, 5, 64] {
            for streams in Streams::all() {
                let mut set = WorkingSet::of(3 * LINE * lines);
                set.streams = streams;
                set.triad();
                let lines = lines as usize;
                for index in 0..lines {
                    let (b, c) = ((lines + index) as f32, (2 * lines + index) as f32);
                    assert_eq!(set.lines[index], Line([b + 3.0 * c; 16]));
                }
                assert_eq!(set.lines[lines], Line([lines as f32; 16]));
            }
        }
    }

    #[test]
    fn a_working_set_is_never_empty() {
        assert_eq!(WorkingSet::of(0).bytes(), 3 * LINE);
    }
}
