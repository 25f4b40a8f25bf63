//! How long the rest of a run will take, from the workers that have ended, and before that from a guess.

use std::collections::BTreeMap;

use tare_results::Kind;
use tare_units::Nanoseconds;

/// What a worker is for, and the place in the plan of what it does it to.
pub type Task = (Kind, usize);

/// Times of ended workers, by task.
#[derive(Debug, Default)]
pub struct Estimate {
    by_task: BTreeMap<Task, (u64, u64)>,
    guesses: BTreeMap<Task, u64>,
}

impl Estimate {
    /// A worker of `task` may take `time`, which counts until one has ended.
    pub fn guessed(&mut self, task: Task, time: Nanoseconds) {
        self.guesses.insert(task, time.as_nanos());
    }

    /// A worker of `task` took `time`.
    pub fn ended(&mut self, task: Task, time: Nanoseconds) {
        let (total, count) = self.by_task.entry(task).or_default();
        *total += time.as_nanos();
        *count += 1;
    }

    /// What workers of these tasks will take: a task's own mean, else the mean of all; `None` before any ended.
    pub fn left(&self, tasks: impl Iterator<Item = Task>) -> Option<Nanoseconds> {
        let own = |(task, (total, count)): (&Task, &(u64, u64))| (*task, total / count);
        let mut means: BTreeMap<Task, u64> = self.by_task.iter().map(own).collect();
        for (task, guess) in &self.guesses {
            means.entry(*task).or_insert(*guess);
        }
        let sum: u64 = means.values().sum();
        let mean = sum.checked_div(means.len() as u64)?;
        let left = tasks
            .map(|task| means.get(&task).copied().unwrap_or(mean))
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

    #[test]
    fn a_guess_counts_until_the_first_worker_has_ended() {
        let task = (Kind::Measurement, 0);
        let mut estimate = Estimate::default();
        estimate.guessed(task, Nanoseconds::from_secs(2));
        assert_eq!(
            estimate.left([task, task].into_iter()),
            Some(Nanoseconds::from_secs(4))
        );
        estimate.ended(task, Nanoseconds::from_secs(9));
        assert_eq!(
            estimate.left([task].into_iter()),
            Some(Nanoseconds::from_secs(9)),
            "what it took, stretch and rests included, and no longer the guess"
        );
    }
}
