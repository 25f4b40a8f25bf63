// The library's version, its process-wide switches, and the mode in which a thread executes.

#include "guard.h"

#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/inductor/aoti_torch/c/shim.h>

#include <dlfcn.h>

#include <cstdlib>

extern "C" {

void tare_free_text(char* text) {
  std::free(text);
}

/// The version of the library that runs: major, minor and patch in the highest three octets.
uint64_t tare_version() {
  return aoti_torch_abi_version();
}

/// The file that libtorch's processor kernels were loaded from; to be freed, null where the loader does not know.
char* tare_library() {
  Dl_info info;
  const void* symbol = reinterpret_cast<const void*>(&at::globalContext);
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) {
    return nullptr;
  }
  return tare::text(info.dli_fname);
}

/// Sets every switch; each holds for the whole process.
char* tare_set_switches(bool mkldnn, bool tf32, bool benchmark, bool deterministic) {
  return tare::guarded([=] {
    auto& context = at::globalContext();
    context.setUserEnabledMkldnn(mkldnn);
    context.setAllowTF32CuBLAS(tf32);
    context.setAllowTF32CuDNN(tf32);
    context.setBenchmarkCuDNN(benchmark);
    context.setDeterministicCuDNN(deterministic);
  });
}

/// The switches as the library has them: bits 0 to 4 are oneDNN, TF32 in products, TF32 in cuDNN, benchmark, deterministic.
unsigned tare_switches() {
  const auto& context = at::globalContext();
  return unsigned(context.userEnabledMkldnn()) | unsigned(context.allowTF32CuBLAS()) << 1 |
      unsigned(context.allowTF32CuDNN()) << 2 | unsigned(context.benchmarkCuDNN()) << 3 |
      unsigned(context.deterministicCuDNN()) << 4;
}

bool tare_is_inference() {
  return c10::InferenceMode::is_enabled();
}

/// Puts this thread into inference mode until `tare_leave_inference` on the same thread.
void* tare_enter_inference() {
  return new c10::InferenceMode(true);
}

void tare_leave_inference(void* guard) {
  delete static_cast<c10::InferenceMode*>(guard);
}
}
