//! null keeps the promises of an adapter that does nothing.

use tare_adapter_api::{Adapter, Device, LoadRequest, Precision};
use tare_adapter_conformance::{Batching, Kind, batches, contract};
use tare_adapter_null::Null;

#[test]
fn requests_of_several_batches_are_taken() {
    assert_eq!(batches(&Null, Kind::Idle), Ok(Batching::Taken));
}

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&Null, Kind::Idle), [""; 0]);
}

#[test]
fn anything_is_accepted_and_nothing_comes_out() {
    let loaded = Null
        .load(&LoadRequest {
            device: Device::Cuda(5),
            precision: Some(Precision::Int8),
            ..LoadRequest::new("no such file".into(), Vec::new(), Vec::new())
        })
        .expect("never read");
    let mut session = loaded.session().expect("a session");
    assert_eq!(session.outputs(), Ok(Vec::new()));
    assert_eq!(session.run(&[]), Ok(()));
    assert_eq!(session.outputs(), Ok(Vec::new()));
}
