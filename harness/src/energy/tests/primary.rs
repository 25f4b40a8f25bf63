//! Whose joules count: of a cell on a GPU never the processors'.

use super::*;

#[test]
fn the_processors_joules_never_stand_for_those_of_a_gpu() {
    let mut machine = tare_hardware::machine(std::path::Path::new("/nonexistent"));
    let gpu = |uuid: Option<&str>| tare_results::Gpu {
        uuid: uuid.map(str::to_owned),
        ..tare_results::Gpu::default()
    };
    machine.gpus = vec![gpu(Some("GPU-a")), gpu(None)];
    let of = |device, visible| primary(device, &machine, visible);
    let named = |name: &str| Primary::Gpu(name.to_owned());
    assert_eq!(of("cpu", None), Primary::Cpu);
    assert_eq!(of("cuda:0", None), named("GPU-a"));
    assert_eq!(of("cuda:1", None), named("GPU 1"), "as its sources are");
    assert_eq!(of("cuda:2", None), named("cuda:2"));
    assert_eq!(of("cuda:0", Some("MIG-1")), named("cuda:0"));
}
