//! Links the worker against libtorch and lets it find that library where it was built.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    let Ok(libtorch) = std::env::var("LIBTORCH") else {
        println!("cargo:error=LIBTORCH names no folder with libtorch: run `cargo xtask libtorch`");
        return;
    };
    println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    // Nothing names the library that registers a GPU, so that the linker would drop it.
    println!("cargo:rustc-link-arg=-Wl,--no-as-needed,-ltorch,--as-needed");
}
