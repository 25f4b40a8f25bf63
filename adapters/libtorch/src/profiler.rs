//! The profile of a session's requests, while one is taken.

use tare_adapter_api::{AdapterError, RequestProfile};
use tch::Device;

use crate::shim::{Recorder, ShimError};

/// Off at first.
#[derive(Default)]
pub(crate) struct Profiler(Option<Vec<RequestProfile>>);

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

    /// Executes a request, profiled where the profiler is on.
    ///
    /// # Errors
    /// The request's, and `Run` where libtorch cannot profile it.
    pub(crate) fn around<R>(
        &mut self,
        request: impl FnOnce() -> Result<R, AdapterError>,
    ) -> Result<R, AdapterError> {
        let Some(profiles) = &mut self.0 else {
            return request();
        };
        let failed =
            |error: ShimError| AdapterError::Run(format!("cannot profile the request: {error}"));
        let recorder = Recorder::begin().map_err(failed)?;
        let result = request()?;
        profiles.push(recorder.end().map_err(failed)?);
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::*;

    fn relu() -> Result<Vec<i64>, AdapterError> {
        Ok(Tensor::zeros([2], (Kind::Float, Device::Cpu)).relu().size())
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
        let failed = profiler.around(|| Err::<(), _>(AdapterError::Run("no".to_owned())));
        assert_eq!(failed, Err(AdapterError::Run("no".to_owned())));
        let profiles = profiler.end().expect("started");
        let kinds = profiles.iter().flatten().map(|call| call.kind.as_str());
        let kinds: Vec<&str> = kinds.collect();
        assert_eq!(profiles.len(), 2);
        assert_eq!(
            kinds,
            ["aten::zeros", "aten::relu", "aten::zeros", "aten::relu"]
        );
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
