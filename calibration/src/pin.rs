//! Keeping a thread on one processor, so that two of them never share one while another is idle.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors that this thread may use, ascending; empty where the kernel does not say.
pub fn allowed_cpus() -> Vec<usize> {
    let allowed = sched_getaffinity(None).ok();
    let is_in = |cpu: &usize| allowed.as_ref().is_some_and(|set| set.is_set(*cpu));
    (0..CpuSet::MAX_CPU).filter(is_in).collect()
}

/// Keeps the calling thread on `cpu` until it ends.
///
/// # Errors
/// Where there is no such processor, or it may not be used.
pub fn pin_to(cpu: usize) -> Result<(), String> {
    if cpu >= CpuSet::MAX_CPU {
        return Err(format!("there is no processor {cpu}"));
    }
    let mut only = CpuSet::new();
    only.set(cpu);
    sched_setaffinity(None, &only).map_err(|error| format!("processor {cpu}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_thread_is_allowed_one_processor() {
        let first = *allowed_cpus().first().unwrap();
        let after = std::thread::spawn(move || pin_to(first).map(|()| allowed_cpus()));
        assert_eq!(after.join().unwrap(), Ok(vec![first]));
    }

    #[test]
    fn a_processor_that_is_not_there_is_a_reason() {
        let refused = std::thread::spawn(|| pin_to(CpuSet::MAX_CPU))
            .join()
            .unwrap();
        assert_eq!(
            refused,
            Err(format!("there is no processor {}", CpuSet::MAX_CPU))
        );
    }
}
