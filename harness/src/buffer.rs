//! Room for every sample of a repeat, taken and touched before anything is timed.

use tare_results::samples::Sample;
use tare_units::Nanoseconds;

use crate::drive::Keep;

/// A bounded, preallocated list of samples: pushing never allocates.
#[derive(Debug)]
pub struct SampleBuffer {
    samples: Vec<Sample>,
    capacity: usize,
}

impl SampleBuffer {
    /// Room for `capacity` samples, 24 bytes each, every page touched.
    pub fn with_capacity(capacity: usize) -> Self {
        let touched = Sample {
            issued: 1,
            ..Sample::default()
        };
        let mut samples = vec![touched; capacity];
        samples.clear();
        Self { samples, capacity }
    }

    /// Adds a sample; a full buffer keeps what it has and answers `false`.
    #[inline]
    pub fn push(&mut self, sample: Sample) -> bool {
        let fits = self.samples.len() < self.capacity;
        if fits {
            self.samples.push(sample);
        }
        fits
    }

    /// Counts the time of issue of the samples from place `first` on from `earlier` before.
    pub fn issued_later(&mut self, first: usize, earlier: Nanoseconds) {
        for sample in self.samples.iter_mut().skip(first) {
            sample.issued += earlier.as_nanos();
        }
    }

    /// The samples in issue order.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// What the buffer takes in memory, in bytes.
    pub fn byte_len(&self) -> u64 {
        (self.samples.capacity() * size_of::<Sample>()) as u64
    }
}

impl Keep for SampleBuffer {
    #[inline]
    fn has_room(&self) -> bool {
        self.samples.len() < self.capacity
    }

    #[inline]
    fn keep(&mut self, sample: Sample) {
        self.push(sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_buffer_keeps_what_it_has_and_never_grows() {
        let mut buffer = SampleBuffer::with_capacity(2);
        let before = buffer.byte_len();
        let sample = |issued| Sample {
            issued,
            ..Sample::default()
        };
        assert!(buffer.push(sample(1)) && buffer.push(sample(2)));
        assert!(!buffer.has_room());
        assert!(!buffer.push(sample(3)));
        assert_eq!(
            buffer
                .samples()
                .iter()
                .map(|sample| sample.issued)
                .collect::<Vec<_>>(),
            [1, 2]
        );
        assert_eq!(buffer.byte_len(), before);
    }

    #[test]
    fn a_sample_takes_twenty_four_bytes() {
        assert_eq!(SampleBuffer::with_capacity(1_000).byte_len(), 24_000);
    }
}
