//! fake keeps the promises of an adapter that makes up its outputs.

use tare_adapter_conformance::{Batching, Kind, batches, contract};
use tare_adapter_fake::Fake;

#[test]
fn requests_of_several_batches_are_taken() {
    assert_eq!(batches(&Fake::real(), Kind::Pretender), Ok(Batching::Taken));
}

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&Fake::real(), Kind::Pretender), [""; 0]);
}
