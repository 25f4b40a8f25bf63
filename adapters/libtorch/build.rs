//! Compiles the C++ shim and links this package's tests against libtorch, whose folder is named by `LIBTORCH`.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-changed=shim");
    let Ok(libtorch) = std::env::var("LIBTORCH") else {
        println!("cargo:error=LIBTORCH names no folder with libtorch: run `cargo xtask libtorch`");
        return;
    };
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        .flag("-isystem")
        .flag(format!("{libtorch}/include"))
        .flag("-isystem")
        .flag(format!("{libtorch}/include/torch/csrc/api/include"))
        .flag("-Wno-unused-parameter")
        .opt_level(2)
        .files(["context", "profile", "module", "testing"].map(|name| format!("shim/{name}.cpp")))
        .compile("tare_shim");
    for library in ["torch_cpu", "c10"] {
        println!("cargo:rustc-link-lib={library}");
    }
    println!("cargo:rustc-link-search=native={libtorch}/lib");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    println!("cargo:rustc-link-arg=-Wl,--no-as-needed,-ltorch,--as-needed");
}
