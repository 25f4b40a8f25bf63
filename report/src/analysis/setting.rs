//! How what is said of a set of cells is told from what is said of others that go by the same name.

use std::collections::BTreeMap;

use tare_results::Cell;

/// A set of cells that something is said of.
pub trait Setting {
    /// What it goes by in sentences.
    fn name(&self) -> String;

    /// Everything else in which sets may differ, in words, as many of all sets of a kind and in the same order; empty where
    /// one has no such thing.
    fn parts(&self) -> Vec<String>;
}

/// For each of `all` those of its parts in which the ones of its name differ, each behind a comma: nothing where a name is
/// that of one only.
pub fn apart<S: Setting>(all: &[&S]) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, one) in all.iter().enumerate() {
        places.entry(one.name()).or_default().push(place);
    }
    let mut told = vec![String::new(); all.len()];
    for places in places.into_values() {
        let parts: Vec<Vec<String>> = places.iter().map(|place| all[*place].parts()).collect();
        let differs = |(at, part): &(usize, &String)| {
            let is_other = |other: &Vec<String>| other.get(*at) != Some(*part);
            !part.is_empty() && parts.iter().any(is_other)
        };
        for (place, own) in places.iter().zip(&parts) {
            let own = own.iter().enumerate().filter(differs);
            told[*place] = own.map(|(_, part)| format!(", {part}")).collect();
        }
    }
    told
}

/// What tells a cell from others of its model and adapter, but for its batch.
pub fn of_cell(cell: &Cell) -> Vec<String> {
    vec![
        cell.scenario_spec(),
        of_sizes(&cell.shape),
        cell.precision.clone(),
        cell.device.clone(),
        format!("threads={}", cell.threads),
        format!("seed={}", cell.seed),
    ]
}

/// `seq=16`.
pub fn of_sizes(shape: &BTreeMap<String, u64>) -> String {
    let sizes = shape
        .iter()
        .map(|(symbol, size)| format!("{symbol}={size}"));
    sizes.collect::<Vec<_>>().join(",")
}

/// By the first digits of its fingerprint.
pub fn of_machine(fingerprint: &str) -> String {
    format!("machine {fingerprint:.8}")
}

/// By its id.
pub fn of_run(id: &str) -> String {
    format!("run {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(&'static str, [&'static str; 2]);

    impl Setting for Named {
        fn name(&self) -> String {
            self.0.to_owned()
        }

        fn parts(&self) -> Vec<String> {
            self.1.map(str::to_owned).to_vec()
        }
    }

    #[test]
    fn those_of_one_name_are_told_apart_by_what_differs_among_them_and_by_nothing_else() {
        let all = [
            Named("a", ["seq=16", "threads=1"]),
            Named("a", ["", "threads=1"]),
            Named("b", ["seq=16", "threads=2"]),
            Named("c", ["seq=64", "threads=1"]),
            Named("c", ["seq=64", "threads=2"]),
        ];
        let told = apart(&all.iter().collect::<Vec<_>>());
        assert_eq!(told, [", seq=16", "", "", ", threads=1", ", threads=2"]);
    }
}
