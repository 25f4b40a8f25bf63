//! Panics of a library as values: caught, and not printed between the results.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

static QUIET: AtomicUsize = AtomicUsize::new(0);
static HOOK: Once = Once::new();

/// Runs `body`; a panic becomes its message.
pub(crate) fn quietly<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    caught(body).map_err(|payload| message(payload.as_ref()))
}

/// Runs `body`; a panic becomes its payload.
pub(crate) fn caught<R>(body: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    HOOK.call_once(|| {
        let shout = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.load(Ordering::SeqCst) == 0 {
                shout(info);
            }
        }));
    });
    let _hush = Hush::new();
    panic::catch_unwind(AssertUnwindSafe(body))
}

struct Hush;

impl Hush {
    fn new() -> Self {
        QUIET.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        QUIET.fetch_sub(1, Ordering::SeqCst);
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    format!(
        "panic: {}",
        text.unwrap_or_else(|| "without a message".to_owned())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(quietly(|| 3), Ok(3));
        assert_eq!(
            quietly(|| panic!("plain")),
            Err::<(), _>("panic: plain".to_owned())
        );
        let number = 7;
        assert_eq!(
            quietly(|| panic!("number {number}")),
            Err::<(), _>("panic: number 7".to_owned())
        );
    }

    #[test]
    fn a_payload_comes_out_unchanged() {
        let payload = caught(|| panic::panic_any(42u8)).expect_err("panics");
        assert_eq!(payload.downcast_ref::<u8>(), Some(&42));
    }
}
