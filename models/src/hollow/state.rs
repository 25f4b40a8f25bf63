//! Sizes known so far, what follows from them, and on which choices each of them rests.

use std::collections::{BTreeSet, VecDeque};

use super::classes::Classes;
use super::settle::{Step, settle};

/// A tie that cannot hold under the choices made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conflict {
    /// Which tie.
    pub tie: usize,
    /// The classes whose chosen sizes led to it.
    pub chosen: BTreeSet<usize>,
}

/// Sizes of classes under the choices made so far.
#[derive(Debug)]
pub(super) struct State<'c> {
    classes: &'c Classes,
    values: Vec<Option<i64>>,
    chosen: Vec<BTreeSet<usize>>,
    /// Classes in the order in which their sizes became known.
    trail: Vec<usize>,
    /// Ties by class.
    ties_of: Vec<Vec<usize>>,
    queue: VecDeque<usize>,
}

impl<'c> State<'c> {
    /// With what is fixed, and what follows from it.
    ///
    /// # Errors
    /// A tie that cannot hold whatever is chosen.
    pub fn new(classes: &'c Classes) -> Result<Self, Conflict> {
        let count = classes.originals.len();
        let mut ties_of = vec![vec![]; count];
        for (index, (_, tie)) in classes.ties.iter().enumerate() {
            for class in tie.sizes() {
                ties_of[class].push(index);
            }
        }
        let known = classes.originals.iter().zip(&classes.fixed);
        let known = known.map(|(original, fixed)| fixed.then_some(*original));
        let mut state = Self {
            classes,
            values: known.collect(),
            chosen: vec![BTreeSet::new(); count],
            trail: vec![],
            ties_of,
            queue: (0..classes.ties.len()).collect(),
        };
        state.propagate()?;
        Ok(state)
    }

    /// The size of a class, where it is known.
    pub fn value(&self, class: usize) -> Option<i64> {
        self.values[class]
    }

    /// The ties that a class stands in.
    pub fn ties_of(&self, class: usize) -> &[usize] {
        &self.ties_of[class]
    }

    /// How many sizes have become known; what [`State::undo`] goes back to.
    pub fn mark(&self) -> usize {
        self.trail.len()
    }

    /// Chooses a size, and draws what follows.
    ///
    /// # Errors
    /// A tie that cannot hold then.
    pub fn choose(&mut self, class: usize, size: i64) -> Result<(), Conflict> {
        self.set(class, size, BTreeSet::from([class]));
        self.propagate()
    }

    /// Forgets all that became known after `mark`.
    pub fn undo(&mut self, mark: usize) {
        self.queue.clear();
        for class in self.trail.drain(mark..) {
            self.values[class] = None;
            self.chosen[class].clear();
        }
    }

    fn propagate(&mut self) -> Result<(), Conflict> {
        while let Some(index) = self.queue.pop_front() {
            let (_, tie) = &self.classes.ties[index];
            let originals = &self.classes.originals;
            match settle(tie, &self.values, originals, self.classes.least_map) {
                Step::Nothing => {}
                Step::Set(class, size) if size <= originals[class] => {
                    let chosen = self.behind(index);
                    self.set(class, size, chosen);
                }
                Step::Set(..) | Step::Broken => {
                    let chosen = self.behind(index);
                    return Err(Conflict { tie: index, chosen });
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, class: usize, size: i64, chosen: BTreeSet<usize>) {
        self.values[class] = Some(size);
        self.chosen[class] = chosen;
        self.trail.push(class);
        self.queue.extend(&self.ties_of[class]);
    }

    fn behind(&self, tie: usize) -> BTreeSet<usize> {
        let sizes = self.classes.ties[tie].1.sizes().into_iter();
        let chosen = sizes.flat_map(|class| self.chosen[class].iter().copied());
        chosen.collect()
    }
}
