//! Sizes that are solved for, grouped to classes of those that must stay equal.

/// A size that is solved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Var(pub u32);

/// All sizes of a problem with what they were in the original.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    parents: Vec<Var>,
    weights: Vec<u32>,
    originals: Vec<i64>,
    pinned: Vec<bool>,
    dims: Vec<bool>,
}

impl Variables {
    /// The size of an axis; one of 0 or 1 stays.
    pub fn dim(&mut self, original: i64) -> Var {
        let var = self.number(original);
        self.dims[var.0 as usize] = true;
        var
    }

    /// A number from which sizes are made; one that no axis equals and nothing derives stays.
    pub fn number(&mut self, original: i64) -> Var {
        let var = Var(self.parents.len() as u32);
        self.parents.push(var);
        self.weights.push(1);
        self.originals.push(original);
        self.pinned.push(original <= 1);
        self.dims.push(false);
        var
    }

    /// A number that stays.
    pub fn fixed(&mut self, original: i64) -> Var {
        let var = self.number(original);
        self.pin(var);
        var
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Var> + use<> {
        (0..self.parents.len() as u32).map(Var)
    }

    /// What it was.
    pub fn original(&self, var: Var) -> i64 {
        self.originals[var.0 as usize]
    }

    /// Whether it is the size of an axis.
    pub fn is_dim(&self, var: Var) -> bool {
        self.dims[var.0 as usize]
    }

    /// Whether it stays; says nothing of the others in its class.
    pub fn is_pinned(&self, var: Var) -> bool {
        self.pinned[var.0 as usize]
    }

    /// Keeps a size as it was.
    pub fn pin(&mut self, var: Var) {
        self.pinned[var.0 as usize] = true;
    }

    /// The one that stands for all that equal `var`.
    pub fn class(&self, mut var: Var) -> Var {
        while self.parents[var.0 as usize] != var {
            var = self.parents[var.0 as usize];
        }
        var
    }

    /// Makes two equal; where they were not, both stay as they were.
    pub fn unite(&mut self, one: Var, other: Var) {
        if self.original(one) != self.original(other) {
            self.pin(one);
            self.pin(other);
            return;
        }
        if self.original(one) <= 1 {
            return;
        }
        let (mut one, mut other) = (self.class(one), self.class(other));
        if one == other {
            return;
        }
        if self.weights[one.0 as usize] < self.weights[other.0 as usize] {
            std::mem::swap(&mut one, &mut other);
        }
        self.parents[other.0 as usize] = one;
        self.weights[one.0 as usize] += self.weights[other.0 as usize];
    }

    /// Makes all axes of equal size equal.
    pub fn unite_by_size(&mut self) {
        let mut first = std::collections::BTreeMap::new();
        for var in self.all() {
            if self.is_dim(var) {
                let representative = *first.entry(self.original(var)).or_insert(var);
                self.unite(representative, var);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn united_sizes_share_a_class_and_ones_never_do() {
        let mut variables = Variables::default();
        let [a, b, c] = [8, 8, 8].map(|size| variables.dim(size));
        let [one, other] = [1, 1].map(|size| variables.dim(size));
        variables.unite(a, b);
        variables.unite(one, other);
        assert_eq!(variables.class(a), variables.class(b));
        assert_ne!(variables.class(a), variables.class(c));
        assert_ne!(variables.class(one), variables.class(other));
        variables.unite_by_size();
        assert_eq!(variables.class(a), variables.class(c));
    }

    #[test]
    fn sizes_that_contradict_each_other_stay() {
        let mut variables = Variables::default();
        let [a, b] = [8, 4].map(|size| variables.dim(size));
        variables.unite(a, b);
        assert!(variables.is_pinned(a) && variables.is_pinned(b));
        assert_ne!(variables.class(a), variables.class(b));
    }
}
