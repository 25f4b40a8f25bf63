//! Where each value of a suite is written, for what only those can check who know models and adapters.

use super::fault::{Fault, Faults};

/// A suite's text as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The file.
    pub origin: String,
    /// Every value of the lists of names and of the shapes, in the order of the file.
    pub written: Vec<Written>,
}

/// One value of a list, or one symbol of a shape, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The place of its experiment in the suite; `None` for the suite's own tables.
    pub experiment: Option<usize>,
    /// Whether its table is one of a quick variant.
    pub quick: bool,
    /// Such as `models`.
    pub key: &'static str,
    /// The value, of a shape the symbol.
    pub text: String,
    /// Counts from 1.
    pub line: usize,
    /// Counts characters from 1.
    pub column: usize,
}

impl Written {
    /// A fault of this value.
    pub fn fault(&self, problem: &str) -> Fault {
        Fault {
            line: self.line,
            column: self.column,
            problem: format!("{}: {problem}", self.key),
        }
    }
}

impl Places {
    /// The values of `key`, wherever they are written.
    pub fn of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Written> {
        self.written
            .iter()
            .filter(move |written| written.key == key)
    }

    /// Where the matrix of `experiment` (its place in the suite), in the quick variant if `quickly`, has `text` of `key`
    /// from: the nearest table with the value.
    pub fn nearest<'a>(
        &'a self,
        (experiment, quickly): (Option<usize>, bool),
        key: &'a str,
        text: &'a str,
    ) -> Option<&'a Written> {
        let layers = [
            (experiment, true),
            (experiment, false),
            (None, true),
            (None, false),
        ];
        let layers = layers.into_iter().filter(|(_, quick)| quickly || !*quick);
        let mut found = layers.filter_map(|(experiment, quick)| {
            self.of(key).find(|written| {
                (written.experiment, written.quick) == (experiment, quick) && written.text == text
            })
        });
        found.next()
    }

    /// All of `faults` as one error.
    pub fn refused(&self, faults: Vec<Fault>) -> Faults {
        Faults::new(&self.origin, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(experiment: Option<usize>, quick: bool, line: usize) -> Written {
        Written {
            experiment,
            quick,
            key: "models",
            text: "mlp".to_owned(),
            line,
            column: 7,
        }
    }

    #[test]
    fn a_value_is_found_in_the_nearest_table_that_has_it() {
        let places = Places {
            origin: "own.toml".to_owned(),
            written: vec![
                written(None, false, 1),
                written(None, true, 2),
                written(Some(0), false, 3),
                written(Some(1), true, 4),
            ],
        };
        let line = |experiment, quickly| {
            let found = places.nearest((experiment, quickly), "models", "mlp");
            found.map(|written| written.line)
        };
        assert_eq!(line(Some(0), true), Some(3));
        assert_eq!(line(Some(1), true), Some(4));
        assert_eq!(
            line(Some(1), false),
            Some(1),
            "the quick tables do not count"
        );
        assert_eq!(line(None, true), Some(2));
        assert_eq!(places.nearest((None, true), "models", "bert"), None);
        assert_eq!(places.nearest((None, true), "adapters", "mlp"), None);
    }

    #[test]
    fn a_fault_of_a_value_names_its_key() {
        let fault = written(None, false, 3).fault("there is none");
        let places = Places {
            origin: "own.toml".to_owned(),
            written: Vec::new(),
        };
        assert_eq!(
            places.refused(vec![fault]).to_string(),
            "own.toml:3:7: models: there is none"
        );
    }
}
