//! A desk that remembers: no adapter is asked twice about the same model, and of many at once those not known.

use std::cell::RefCell;
use std::collections::HashMap;

use tare_adapter_api::{AdapterSpec, LoadRequest};

use crate::desk::{Absent, Consideration, Description, Desk};
use crate::supervise::WorkerProgram;

/// What an answer depends on; shapes do not change whether a model can be executed, only how long it takes.
type Question = String;

/// Another desk and what it has answered.
pub struct Memory<'d> {
    desk: &'d dyn Desk,
    known: RefCell<HashMap<Question, Consideration>>,
}

impl<'d> Memory<'d> {
    /// Of `desk`, nothing known yet.
    pub fn of(desk: &'d dyn Desk) -> Self {
        Self {
            desk,
            known: RefCell::default(),
        }
    }
}

fn question(spec: &AdapterSpec, load: &LoadRequest) -> Question {
    let shapeless = LoadRequest {
        inputs: Vec::new(),
        ..load.clone()
    };
    format!("{spec} {shapeless:?}")
}

impl Desk for Memory<'_> {
    fn names(&self) -> Vec<&'static str> {
        self.desk.names()
    }

    fn references(&self) -> Vec<AdapterSpec> {
        self.desk.references()
    }

    fn program(&self, adapter: &str) -> Result<WorkerProgram, Absent> {
        self.desk.program(adapter)
    }

    fn describe(&self, spec: &AdapterSpec) -> Result<Description, String> {
        self.desk.describe(spec)
    }

    fn consider(&self, spec: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
        let questions: Vec<Question> = requests.iter().map(|load| question(spec, load)).collect();
        let mut known = self.known.borrow_mut();
        let mut new: Vec<(&Question, &LoadRequest)> = Vec::new();
        for (asked, load) in questions.iter().zip(requests) {
            if !known.contains_key(asked) && new.iter().all(|(other, _)| *other != asked) {
                new.push((asked, load));
            }
        }
        let loads: Vec<LoadRequest> = new.iter().map(|(_, load)| (*load).clone()).collect();
        let answers = match loads.is_empty() {
            true => Vec::new(),
            false => self.desk.consider(spec, &loads),
        };
        for ((asked, _), answer) in new.into_iter().zip(answers) {
            known.insert(asked.clone(), answer);
        }
        let answer = |asked| known.get(asked).cloned().unwrap_or_default();
        questions.iter().map(answer).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Counts what it is asked.
    #[derive(Default)]
    struct Counting {
        calls: Cell<usize>,
        loads: Cell<usize>,
    }

    impl Desk for Counting {
        fn names(&self) -> Vec<&'static str> {
            vec!["any"]
        }

        fn references(&self) -> Vec<AdapterSpec> {
            Vec::new()
        }

        fn program(&self, _: &str) -> Result<WorkerProgram, Absent> {
            Ok(WorkerProgram::default())
        }

        fn describe(&self, _: &AdapterSpec) -> Result<Description, String> {
            Err("nothing to say".to_owned())
        }

        fn consider(&self, _: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
            self.calls.set(self.calls.get() + 1);
            self.loads.set(self.loads.get() + requests.len());
            let answer = |load: &LoadRequest| Consideration {
                environment: vec![("PATH".to_owned(), load.model.display().to_string())],
                refusal: None,
            };
            requests.iter().map(answer).collect()
        }
    }

    fn load(path: &str) -> LoadRequest {
        LoadRequest::new(path.into(), Vec::new(), Vec::new())
    }

    #[test]
    fn a_model_is_asked_about_once_whatever_its_shapes() {
        let counting = Counting::default();
        let desk = Memory::of(&counting);
        let spec: AdapterSpec = "any".parse().expect("a spec");
        let mut shaped = load("a.onnx");
        shaped.inputs.push(tare_models::TensorSpec {
            name: "x".to_owned(),
            dtype: tare_models::DataType::F32,
            shape: vec![8],
        });
        let answers = desk.consider(&spec, &[load("a.onnx"), shaped, load("b.onnx")]);
        assert_eq!((counting.calls.get(), counting.loads.get()), (1, 2));
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[2].environment[0].1, "b.onnx", "in their order");
        assert_eq!(desk.consider(&spec, &[load("b.onnx")]), answers[2..]);
        assert_eq!(counting.calls.get(), 1, "nothing new was asked");
    }

    #[test]
    fn other_options_of_the_adapter_are_another_question() {
        let counting = Counting::default();
        let desk = Memory::of(&counting);
        for text in ["any", "any:opt=none", "any"] {
            desk.consider(&text.parse().expect("a spec"), &[load("a.onnx")]);
        }
        assert_eq!(counting.calls.get(), 2);
        assert!(
            desk.consider(&"any".parse().expect("a spec"), &[])
                .is_empty()
        );
    }
}
