// The one type that the shim hands out.
#pragma once

#include "guard.h"

#include <torch/script.h>

#include <utility>

namespace tare {

/// A module with the method that executes it.
struct Module {
  explicit Module(torch::jit::Module made) : module(std::move(made)), forward(module.get_method("forward")) {}

  torch::jit::Module module;
  torch::jit::Method forward;
};

} // namespace tare
