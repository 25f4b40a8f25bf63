//! fake keeps the promises of an adapter that makes up its outputs.

use tare_adapter_conformance::{Kind, contract};
use tare_adapter_fake::Fake;

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&Fake::real(), Kind::Pretender), [""; 0]);
}
