//! null keeps the promises of an adapter that does nothing.

use tare_adapter_conformance::{Kind, contract};
use tare_adapter_null::Null;

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&Null, Kind::Idle), [""; 0]);
}
