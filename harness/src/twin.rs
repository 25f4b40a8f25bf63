//! The hollow twin of a cell: made rung by rung, until its framework executes the operators that it executes of the original.

mod book;
mod solver;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use tare_adapter_api::LoadRequest;
use tare_models::Inputs;
use tare_results::{Missing, Profile, TwinFacts};

use crate::plan::Work;

pub use book::RungBook;
pub use solver::Solver as TwinSolver;

/// Who makes twins.
pub trait TwinMaker {
    /// The rungs of the ladder, the hollowest first.
    fn rungs(&self) -> Vec<String>;

    /// Makes the twins of `work` at these rungs, their files in `dir`, until `take` wants no more; of each rung that has none,
    /// `take` is told why.
    fn make(
        &self,
        work: &Work,
        rungs: &[String],
        dir: &Path,
        take: &mut dyn FnMut(Result<Hollow, String>) -> ControlFlow<()>,
    );
}

/// A twin that can be run.
#[derive(Debug, Clone)]
pub struct Hollow {
    /// What is known of it.
    pub facts: TwinFacts,
    /// Why a fact is `null`, by its dotted path in a record.
    pub missing: Missing,
    /// What the adapter loads, and how.
    pub load: LoadRequest,
    /// What its requests are fed.
    pub inputs: Inputs,
}

impl Hollow {
    /// With what a profile of the same file counted earlier; what follows from the file alone stays as it is found now.
    pub fn counted_as(mut self, facts: &TwinFacts, missing: &Missing) -> Self {
        self.facts = TwinFacts {
            operators_executed: facts.operators_executed,
            original_operators_executed: facts.original_operators_executed,
            same_operators: facts.same_operators,
            kinds: facts.kinds.clone(),
            ..self.facts
        };
        let counted = OF_PROFILES.map(|field| format!("twin.{field}"));
        let reasons = counted
            .into_iter()
            .filter_map(|path| missing.get_key_value(&path));
        let reasons = reasons.map(|(path, reason)| (path.clone(), reason.clone()));
        self.missing.extend(reasons.collect::<Missing>());
        self
    }
}

/// The facts that take a profile.
const OF_PROFILES: [&str; 4] = [
    "operators_executed",
    "original_operators_executed",
    "same_operators",
    "kinds",
];

/// Operators executed in one request, by the framework's name of their kind.
pub type Executed = BTreeMap<String, u64>;

/// What a profile counts.
pub fn executed(profile: &Profile) -> Executed {
    let operators = profile.operators.iter();
    operators
        .map(|one| (one.kind.clone(), one.count))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// The twin of `work` at the first rung at which as many operators of each kind are executed as of the original: `count`
/// tells those of a twin, or of the original for `None`. Where no rung gives them, or they cannot be told, the hollowest.
///
/// # Errors
/// In words, where no rung has a twin.
pub fn climb(
    maker: &dyn TwinMaker,
    work: &Work,
    dir: &Path,
    count: &mut dyn FnMut(Option<&Hollow>) -> Result<Executed, String>,
) -> Result<Hollow, String> {
    let mut search = Search::default();
    maker.make(work, &maker.rungs(), dir, &mut |made| {
        search.take(made, count)
    });
    let none = || "no rung is known".to_owned();
    let chosen = search.chosen.or(search.hollowest);
    chosen.ok_or_else(|| search.reason.unwrap_or_else(none))
}

/// What is known on the way up.
#[derive(Default)]
struct Search {
    original: Option<Result<Executed, String>>,
    chosen: Option<Hollow>,
    hollowest: Option<Hollow>,
    reason: Option<String>,
    tried: BTreeSet<String>,
}

impl Search {
    fn take(
        &mut self,
        made: Result<Hollow, String>,
        count: &mut dyn FnMut(Option<&Hollow>) -> Result<Executed, String>,
    ) -> ControlFlow<()> {
        let twin = match made {
            Ok(twin) => twin,
            Err(why) => {
                self.reason.get_or_insert(why);
                return ControlFlow::Continue(());
            }
        };
        if !self.tried.insert(twin.facts.sha256.clone()) {
            return ControlFlow::Continue(());
        }
        let original = self.original.get_or_insert_with(|| count(None));
        let is_blind = original.is_err();
        let twin = compared(twin, original, count);
        if is_blind || twin.facts.same_operators == Some(true) {
            self.chosen = Some(twin);
            return ControlFlow::Break(());
        }
        self.hollowest.get_or_insert(twin);
        ControlFlow::Continue(())
    }
}

fn compared(
    mut twin: Hollow,
    original: &Result<Executed, String>,
    count: &mut dyn FnMut(Option<&Hollow>) -> Result<Executed, String>,
) -> Hollow {
    let own = match original {
        Ok(_) => count(Some(&twin)),
        Err(reason) => Err(reason.clone()),
    };
    let sum = |executed: &Executed| executed.values().sum();
    let mut lacks = |field: &str, reason: &String| {
        let path = format!("twin.{field}");
        twin.missing.insert(path, reason.clone());
    };
    if let Err(reason) = original {
        lacks("original_operators_executed", reason);
    }
    if let Err(reason) = &own {
        for field in ["operators_executed", "same_operators", "kinds"] {
            lacks(field, reason);
        }
    }
    twin.facts.original_operators_executed = original.as_ref().ok().map(sum);
    twin.facts.operators_executed = own.as_ref().ok().map(sum);
    twin.facts.same_operators = match (original, &own) {
        (Ok(original), Ok(own)) => Some(original == own),
        _ => None,
    };
    twin.facts.kinds = own.ok();
    twin
}

#[cfg(test)]
mod tests;
