//! As many threads execute as were asked for, in either mode.

#[path = "common/with.rs"]
mod with;

use std::num::NonZeroUsize;

use tare_adapter_conformance::threads;
use with::With;

#[test]
fn one_thread_or_two_execute_as_asked() {
    for options in [&[][..], &[("mode", "script")]] {
        for count in [1, 2] {
            let count = NonZeroUsize::new(count).expect("not zero");
            assert_eq!(threads(&With(options), count), Ok(()), "{options:?}");
        }
    }
}
