//! STREAM's loops, compiled for the widest registers that the machine has, as STREAM is where it is built for it.
#![allow(unsafe_code)]

/// Three arrays.
pub struct Stream {
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
}

impl Stream {
    /// Of `bytes` together.
    pub fn of(bytes: usize) -> Self {
        let length = bytes / 24;
        Self {
            a: vec![1.0; length],
            b: vec![2.0; length],
            c: vec![0.5; length],
        }
    }

    /// Copy, scale, add or triad (0 to 3); the bytes that STREAM counts.
    pub fn pass(&mut self, which: usize, s: f64) -> usize {
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") {
                // SAFETY: the processor was just asked.
                return unsafe { avx512(self, which, s) };
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor was just asked.
                return unsafe { avx2(self, which, s) };
            }
        }
        plain(self, which, s)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512(stream: &mut Stream, which: usize, s: f64) -> usize {
    plain(stream, which, s)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(stream: &mut Stream, which: usize, s: f64) -> usize {
    plain(stream, which, s)
}

#[inline(always)]
fn plain(Stream { a, b, c }: &mut Stream, which: usize, s: f64) -> usize {
    match which {
        0 => c.iter_mut().zip(&*a).for_each(|(c, a)| *c = *a),
        1 => b.iter_mut().zip(&*c).for_each(|(b, c)| *b = s * c),
        2 => {
            let sums = c.iter_mut().zip(&*a).zip(&*b);
            sums.for_each(|((c, a), b)| *c = a + b);
        }
        _ => {
            let sums = a.iter_mut().zip(&*b).zip(&*c);
            sums.for_each(|((a, b), c)| *a = b + s * c);
        }
    }
    if which < 2 {
        16 * a.len()
    } else {
        24 * a.len()
    }
}
