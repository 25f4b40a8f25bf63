//! The profile of a session's requests, while one is taken.

use std::cell::RefCell;

use tare_adapter_api::{AdapterError, OperatorTime, RequestProfile};
use tch::Device;

use crate::shim::{Recorder, ShimError};

/// Off at first.
#[derive(Default)]
pub(crate) struct Profiler(Option<Vec<RequestProfile>>);

/// Which operators of the model libtorch's calls belong to, noted while a request executes.
pub(crate) struct Marks<'r> {
    recorder: &'r Recorder,
    /// Operators by name, with the calls that had ended when each was done.
    ends: RefCell<Vec<(String, usize)>>,
}

impl Marks<'_> {
    /// The calls since the last mark were those of the operator `name`.
    pub(crate) fn done(&self, name: &str) {
        let end = (name.to_owned(), self.recorder.ended());
        self.ends.borrow_mut().push(end);
    }
}

impl Profiler {
    /// Profiles every request from here on.
    ///
    /// # Errors
    /// `NotOffered` on a GPU, which executes behind the host's back: the host's times would not be the operators'.
    pub(crate) fn start(&mut self, device: Device) -> Result<(), AdapterError> {
        if device != Device::Cpu {
            return Err(AdapterError::NotOffered("a profile by operator on a GPU"));
        }
        self.0 = Some(Vec::new());
        Ok(())
    }

    /// The profiles since the start, one a request that ended well.
    ///
    /// # Errors
    /// `Run` where it was not started.
    pub(crate) fn end(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        let profiles = self.0.take();
        profiles
            .ok_or_else(|| AdapterError::Run("no profile was started: start one first".to_owned()))
    }

    /// Executes a request, profiled where the profiler is on; it may then mark which operators it executes.
    ///
    /// # Errors
    /// The request's, and `Run` where libtorch cannot profile it.
    pub(crate) fn around<R>(
        &mut self,
        request: impl FnOnce(Option<&Marks<'_>>) -> Result<R, AdapterError>,
    ) -> Result<R, AdapterError> {
        let Some(profiles) = &mut self.0 else {
            return request(None);
        };
        let failed =
            |error: ShimError| AdapterError::Run(format!("cannot profile the request: {error}"));
        let recorder = Recorder::begin().map_err(failed)?;
        let marks = Marks {
            recorder: &recorder,
            ends: RefCell::new(Vec::new()),
        };
        let result = request(Some(&marks))?;
        let ends = marks.ends.into_inner();
        let mut calls = recorder.end().map_err(failed)?;
        name(&mut calls, &ends);
        profiles.push(calls);
        Ok(result)
    }
}

/// Gives each call the name of its operator, and a number behind it where the operator makes several of that kind: none of
/// them is the whole operator.
fn name(calls: &mut [OperatorTime], ends: &[(String, usize)]) {
    let mut start = 0;
    for (operator, end) in ends {
        let own = &mut calls[start..*end];
        start = *end;
        let kinds: Vec<String> = own.iter().map(|call| call.kind.clone()).collect();
        let alike = |kinds: &[String], kind: &str| kinds.iter().filter(|one| *one == kind).count();
        for (place, call) in own.iter_mut().enumerate() {
            call.name = match alike(&kinds, &call.kind) {
                _ if operator.is_empty() => None,
                1 => Some(operator.clone()),
                _ => Some(format!(
                    "{operator} ({})",
                    alike(&kinds[..=place], &call.kind)
                )),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::*;

    fn relu(marks: Option<&Marks<'_>>) -> Result<Vec<i64>, AdapterError> {
        let zeros = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        if let Some(marks) = marks {
            marks.done("zeros");
        }
        Ok(zeros.relu().size())
    }

    #[test]
    fn calls_have_the_name_of_their_operator_and_a_number_where_it_makes_several() {
        let call = |kind: &str| OperatorTime {
            name: None,
            kind: kind.to_owned(),
            count: 1,
            time_ns: 1,
        };
        let mut calls = ["mm", "view", "mm", "relu", "add"].map(call);
        let ends = [("product", 3), ("", 4)].map(|(name, end)| (name.to_owned(), end));
        name(&mut calls, &ends);
        let names: Vec<_> = calls.iter().map(|call| call.name.as_deref()).collect();
        let product = [Some("product (1)"), Some("product"), Some("product (2)")];
        assert_eq!(names, [&product[..], &[None, None]].concat());
    }

    #[test]
    fn a_profile_holds_the_requests_between_start_and_end() {
        let mut profiler = Profiler::default();
        profiler.around(relu).expect("unprofiled");
        assert!(profiler.end().is_err());
        profiler.start(Device::Cpu).expect("offered");
        for _ in 0..2 {
            profiler.around(relu).expect("profiled");
        }
        let failed = profiler.around(|_| Err::<(), _>(AdapterError::Run("no".to_owned())));
        assert_eq!(failed, Err(AdapterError::Run("no".to_owned())));
        let profiles = profiler.end().expect("started");
        let kinds = profiles.iter().flatten().map(|call| call.kind.as_str());
        let kinds: Vec<&str> = kinds.collect();
        assert_eq!(profiles.len(), 2);
        assert_eq!(
            kinds,
            ["aten::zeros", "aten::relu", "aten::zeros", "aten::relu"]
        );
        let named = profiles[1].iter().map(|call| call.name.as_deref());
        assert_eq!(named.collect::<Vec<_>>(), [Some("zeros"), None]);
        profiler.around(relu).expect("unprofiled again");
        assert!(profiler.end().is_err());
    }

    #[test]
    fn a_gpu_is_not_profiled_from_the_host() {
        assert_eq!(
            Profiler::default().start(Device::Cuda(0)),
            Err(AdapterError::NotOffered("a profile by operator on a GPU"))
        );
    }
}
