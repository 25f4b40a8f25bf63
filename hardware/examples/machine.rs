//! Shows what is known of this machine, for whoever adds a fact.

fn main() {
    let machine = tare_hardware::machine(std::path::Path::new("/"));
    print!("{}", tare_hardware::render(&machine));
}
