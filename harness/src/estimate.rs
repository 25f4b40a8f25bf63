//! How long the rest of a run will take, from the workers that have ended.

use std::collections::BTreeMap;

use tare_results::Kind;
use tare_units::Nanoseconds;

/// What a worker is for, and the place in the plan of what it does it to.
pub type Task = (Kind, usize);

/// Times of ended workers, by task.
#[derive(Debug, Default)]
pub struct Estimate {
    by_task: BTreeMap<Task, (u64, u64)>,
}

impl Estimate {
    /// A worker of `task` took `time`.
    pub fn ended(&mut self, task: Task, time: Nanoseconds) {
        let (total, count) = self.by_task.entry(task).or_default();
        *total += time.as_nanos();
        *count += 1;
    }

    /// What workers of these tasks will take: a task's own mean, else the mean of all; `None` before any ended.
    pub fn left(&self, tasks: impl Iterator<Item = Task>) -> Option<Nanoseconds> {
        let means: Vec<u64> = self
            .by_task
            .values()
            .map(|(total, count)| total / count)
            .collect();
        let mean = means.iter().sum::<u64>().checked_div(means.len() as u64)?;
        let left = tasks
            .map(|task| {
                self.by_task
                    .get(&task)
                    .map_or(mean, |(total, count)| total / count)
            })
            .sum();
        Some(Nanoseconds::from_nanos(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_s_own_mean_comes_before_the_mean_of_all() {
        let [zero, one, profile] = [
            (Kind::Measurement, 0),
            (Kind::Measurement, 1),
            (Kind::Profile, 0),
        ];
        let mut estimate = Estimate::default();
        assert_eq!(estimate.left([zero].into_iter()), None);
        estimate.ended(zero, Nanoseconds::from_secs(1));
        estimate.ended(zero, Nanoseconds::from_secs(3));
        estimate.ended(one, Nanoseconds::from_secs(4));
        assert_eq!(
            estimate.left([zero, one, profile].into_iter()),
            Some(Nanoseconds::from_secs(2 + 4 + 3))
        );
        assert_eq!(estimate.left([].into_iter()), Some(Nanoseconds::ZERO));
    }
}
