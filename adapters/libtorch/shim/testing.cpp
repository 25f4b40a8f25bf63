// Modules written as source, for tests; no program that calls none of this contains it.

#include "module.h"

extern "C" {

/// A module with the methods that `source` defines.
char* tare_define_module(const char* source, tare::Module** out) {
  return tare::guarded([=] {
    auto unit = std::make_shared<torch::jit::CompilationUnit>();
    torch::jit::Module module("__torch__.Written", unit);
    module.register_attribute("training", c10::BoolType::get(), false);
    module.define(source);
    *out = new tare::Module(std::move(module));
  });
}
}
