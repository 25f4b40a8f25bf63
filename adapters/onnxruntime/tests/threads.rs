//! As many threads execute as were asked for, the one that issues the requests among them.

mod common;

use std::num::NonZeroUsize;

use tare_adapter_conformance::threads;
use tare_adapter_onnxruntime::OnnxRuntime;

use common::is_here;

#[test]
fn one_thread_or_two_execute_as_asked() {
    if !is_here() {
        return;
    }
    for count in [1, 2] {
        let count = NonZeroUsize::new(count).expect("not zero");
        assert_eq!(threads(&OnnxRuntime, count), Ok(()));
    }
}
