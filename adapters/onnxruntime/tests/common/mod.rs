//! What the tests of this adapter share: whether the library is here, and an adapter that asks for one version.

use tare_adapter_api::Adapter;
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_runtimes::Runtimes;

/// Whether the library of this version (`None`: of any) is installed; where it is not, the test says that it did not run.
pub fn is_here(version: Option<&str>) -> bool {
    let found = Runtimes::from_environment().and_then(|all| all.find(OnnxRuntime.name(), version));
    if let Err(error) = &found {
        println!("not run: {error}");
    }
    found.is_ok()
}
