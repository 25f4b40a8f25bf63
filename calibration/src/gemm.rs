//! The multiplication of matrices of a library: what arithmetic reaches when its operands come from caches.
//!
//! The library is `rten-gemm`: its kernels for FP32 are within a few hundredths of the fastest crate's, it has INT8, its interface is safe, and this workspace builds it anyway.
//! Threads multiply matrices of their own, so nothing is lost to waiting for each other.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedAMatrix, PackedBMatrix};
use rten_gemm::{GemmInT, GemmOutT};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

/// Rows, columns and depth: three matrices of FP32 of 768 KiB together, where the kernels were fastest.
const SIDE: usize = 256;

/// Operations of one product.
pub(crate) const OPERATIONS: u64 = 2 * (SIDE * SIDE * SIDE) as u64;

/// Two packed factors full of ones, and their product.
pub(crate) struct Product<A: GemmInT, B: GemmInT, C: GemmOutT> {
    executor: GemmExecutor<A, B, C>,
    a: PackedAMatrix<A>,
    b: PackedBMatrix<B>,
    product: Vec<C>,
    one_thread: Option<rayon::ThreadPool>,
}

/// In single precision.
pub(crate) fn fp32() -> Product<f32, f32, f32> {
    Product::of(GemmExecutor::default(), 1.0, 1.0)
}

/// Of bytes, with sums of 32 bits.
pub(crate) fn int8() -> Product<u8, i8, i32> {
    Product::of(GemmExecutor::default(), 1, 1)
}

impl<A: GemmInT, B: GemmInT, C: GemmOutT + Default> Product<A, B, C> {
    /// For the calling thread, which must end with it: it becomes the one thread that the library divides work among.
    fn of(executor: GemmExecutor<A, B, C>, a: A, b: B) -> Self {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(1);
        let a = NdTensor::from_data([SIDE, SIDE], vec![a; SIDE * SIDE]);
        let b = NdTensor::from_data([SIDE, SIDE], vec![b; SIDE * SIDE]);
        Self {
            one_thread: builder.use_current_thread().build().ok(),
            a: executor.prepack_a(a.view()),
            b: executor.prepack_b(b.view()),
            product: vec![C::default(); SIDE * SIDE],
            executor,
        }
    }

    /// Multiplies `times` times; the product's first element, or `None` where the library refuses.
    pub(crate) fn run(&mut self, times: u64) -> Option<C> {
        debug_assert!(self.one_thread.is_some());
        for _ in 0..times {
            let (a, b) = (GemmInputA::Packed(&self.a), GemmInputB::Packed(&self.b));
            let options = GemmOptions::default();
            self.executor.gemm(&mut self.product, a, b, options).ok()?;
        }
        self.product.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| scope.spawn(work).join().unwrap())
    }

    #[test]
    fn a_product_of_ones_counts_its_depth() {
        let fp32 = in_a_thread(|| fp32().run(2));
        assert_eq!(fp32, Some(SIDE as f32));
        let int8 = in_a_thread(|| int8().run(1));
        assert_eq!(int8, Some(SIDE as i32));
    }

    #[test]
    fn work_stays_on_the_thread_that_asked_for_it() {
        let threads = in_a_thread(|| {
            let _product = fp32();
            rayon::current_num_threads()
        });
        assert_eq!(threads, 1);
    }
}
