//! As many threads execute as were asked for, and with one thread it is the one that issues the requests.

use std::num::NonZeroUsize;

use tare_adapter_conformance::threads;
use tare_adapter_tract::Tract;

#[test]
fn one_thread_or_two_execute_as_asked() {
    for count in [1, 2] {
        let count = NonZeroUsize::new(count).expect("not zero");
        assert_eq!(threads(&Tract, count), Ok(()));
    }
}
