//! null keeps the promises of an adapter that does nothing.

use std::num::NonZeroUsize;

use tare_adapter_api::{Adapter, Device, LoadRequest, Options, Precision};
use tare_adapter_conformance::{Kind, contract};
use tare_adapter_null::Null;

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&Null, Kind::Idle), [""; 0]);
}

#[test]
fn anything_is_accepted_and_nothing_comes_out() {
    let loaded = Null
        .load(&LoadRequest {
            model: "no such file".into(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            options: Options::new(),
            threads: NonZeroUsize::MIN,
            device: Device::Cuda(5),
            precision: Some(Precision::Int8),
        })
        .expect("never read");
    let mut session = loaded.session().expect("a session");
    assert_eq!(session.outputs(), Ok(Vec::new()));
    assert_eq!(session.run(&[]), Ok(()));
    assert_eq!(session.outputs(), Ok(Vec::new()));
}
