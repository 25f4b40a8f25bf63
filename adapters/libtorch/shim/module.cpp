// TorchScript: modules read from a file or traced, prepared, and executed.

#include "module.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/fixup_trace_scope_blocks.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/normalize_ops.h>

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace {

using tare::Module;
using torch::jit::IValue;
namespace tracer = torch::jit::tracer;

/// Refuses an archive that `torch.jit.save` did not write.
void check_archive(const std::string& path) {
  caffe2::serialize::PyTorchStreamReader archive(path);
  bool has_code = false;
  for (const auto& record : archive.getAllRecords()) {
    has_code = has_code || record.rfind("code/", 0) == 0;
  }
  TORCH_CHECK(
      archive.hasRecord("constants.pkl") || has_code,
      "it holds no TorchScript but what torch.save or torch.export wrote: write it with torch.jit.save");
  TORCH_CHECK(has_code, "it holds no code, so that nothing says what to execute: write it anew with torch.jit.save");
}

/// Appends the tensors of a value, in order.
void flatten(const IValue& value, std::vector<at::Tensor>& into) {
  if (value.isTensor()) {
    into.push_back(value.toTensor());
  } else if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) {
      flatten(element, into);
    }
  } else if (value.isList()) {
    for (const IValue& element : value.toList()) {
      flatten(element, into);
    }
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      flatten(entry.value(), into);
    }
  } else if (!value.isNone()) {
    TORCH_CHECK(false, "the module returns a ", value.tagKind(), ", not tensors: return tensors, or a tuple, list or dict of them");
  }
}

/// Whether the block puts values where they outlive it: into attributes, or containers that it did not make itself.
bool stores_values(torch::jit::Block* block) {
  for (auto* node : block->nodes()) {
    if (node->kind() == torch::jit::prim::SetAttr) {
      return true;
    }
    const auto* schema = node->maybeSchema();
    const bool changes_container = schema != nullptr && schema->is_mutable() && node->inputs().size() > 1 &&
        !node->input(0)->type()->isSubtypeOf(*c10::TensorType::get());
    const auto maker = changes_container ? node->input(0)->node()->kind() : torch::jit::prim::ListConstruct;
    if (maker != torch::jit::prim::ListConstruct && maker != torch::jit::prim::DictConstruct) {
      return true;
    }
    for (auto* inner : node->blocks()) {
      if (stores_values(inner)) {
        return true;
      }
    }
  }
  return false;
}

/// Whether the block writes to the memory of a parameter, buffer or constant of the module.
bool writes_to_own(const torch::jit::AliasDb& aliases, torch::jit::Block* block) {
  for (auto* node : block->nodes()) {
    const bool is_own = node->kind() == torch::jit::prim::GetAttr || node->kind() == torch::jit::prim::Constant;
    for (auto* output : node->outputs()) {
      if (is_own && output->type()->isSubtypeOf(*c10::TensorType::get()) && aliases.hasWriters(output)) {
        return true;
      }
    }
    for (auto* inner : node->blocks()) {
      if (writes_to_own(aliases, inner)) {
        return true;
      }
    }
  }
  return false;
}

/// Whether an input of the graph is among what the value was computed from.
bool comes_from_inputs(torch::jit::Value* value) {
  std::unordered_set<torch::jit::Node*> seen;
  std::vector<torch::jit::Node*> left{value->node()};
  while (!left.empty()) {
    auto* node = left.back();
    left.pop_back();
    if (node->kind() == torch::jit::prim::Param) {
      return true;
    }
    if (seen.insert(node).second) {
      for (auto* input : node->inputs()) {
        left.push_back(input->node());
      }
    }
  }
  return false;
}

} // namespace

extern "C" {

void tare_free_module(Module* module) {
  delete module;
}

/// Reads the module of a TorchScript file into the memory of `device`, ready to be executed, not to be trained.
char* tare_load_module(const char* path, const char* device, Module** out) {
  return tare::guarded([=] {
    check_archive(path);
    auto module = torch::jit::load(path, c10::Device(device), /*load_debug_files=*/false);
    TORCH_CHECK(module.find_method("forward"), "its module has no method forward, which is what is executed");
    module.eval();
    *out = new Module(std::move(module));
  });
}

/// Records the calls of this thread from here to `tare_end_trace`; `inputs` become the inputs of the module.
char* tare_begin_trace(const at::Tensor* const* inputs, size_t count) {
  return tare::guarded([=] {
    TORCH_CHECK(!tracer::isTracing(), "a trace is being recorded already");
    auto state = std::make_shared<tracer::TracingState>();
    tracer::setTracingState(state);
    state->warn = false;
    for (size_t index = 0; index < count; ++index) {
      auto* value = state->graph->addInput();
      value->setType(torch::jit::TensorType::get());
      state->setValue(*inputs[index], value);
    }
  });
}

/// Ends a trace without a module.
void tare_abandon_trace() {
  tracer::abandon();
}

/// Whether a trace is being recorded and the tensor comes from its inputs.
bool tare_is_traced(const at::Tensor* tensor) {
  const auto& state = tracer::getTracingState();
  return state != nullptr && state->hasValue(*tensor) && comes_from_inputs(state->getValue(*tensor));
}

/// Makes a module of what was recorded; tensors that do not come from the inputs become its constants, not copied.
char* tare_end_trace(const at::Tensor* const* outputs, size_t count, Module** out) {
  return tare::guarded([=] {
    auto state = tracer::getTracingState();
    TORCH_CHECK(state != nullptr, "no trace is being recorded");
    auto& graph = state->graph;
    std::vector<torch::jit::Value*> values;
    for (size_t index = 0; index < count; ++index) {
      values.push_back(state->getValue(*outputs[index]));
    }
    tracer::setTracingState(nullptr);
    auto unit = std::make_shared<torch::jit::CompilationUnit>();
    torch::jit::Module module("__torch__.Traced", unit);
    module.register_attribute("training", c10::BoolType::get(), false);
    auto* self = graph->insertInput(0, "self");
    self->setType(module._ivalue()->type());
    auto* result = values.size() == 1 ? values[0]
                                      : graph->insertNode(graph->createTuple(values))->output();
    graph->registerOutput(result);
    torch::jit::FixupTraceScopeBlocks(graph, &module);
    torch::jit::NormalizeOps(graph);
    module.type()->addMethod(unit->create_function(c10::QualifiedName("__torch__.Traced.forward"), graph));
    *out = new Module(std::move(module));
  });
}

/// Writes a module as a TorchScript file; one that was optimised cannot be read again.
char* tare_save_module(const Module* module, const char* path) {
  return tare::guarded([=] { module->module.save(path); });
}

/// `torch.jit.freeze`: parameters and attributes become constants.
char* tare_freeze_module(Module** module) {
  return tare::guarded([=] {
    auto frozen = std::make_unique<Module>(torch::jit::freeze((*module)->module));
    delete *module;
    *module = frozen.release();
  });
}

/// `torch.jit.optimize_for_inference` of a frozen module.
char* tare_optimize_module(Module** module) {
  return tare::guarded([=] {
    auto optimized = std::make_unique<Module>(torch::jit::optimize_for_inference((*module)->module));
    delete *module;
    *module = optimized.release();
  });
}

/// How many tensors the module takes at least and at most; fails where it takes anything else than tensors.
char* tare_module_arity(const Module* module, size_t* least, size_t* most) {
  return tare::guarded([=] {
    *least = *most = 0;
    const auto& schema = module->forward.function().getSchema();
    for (size_t index = 1; index < schema.arguments().size(); ++index) {
      const auto& argument = schema.arguments()[index];
      if (argument.type()->isSubtypeOf(*c10::OptionalType::create(c10::TensorType::get()))) {
        *most = index;
      }
      if (!argument.default_value().has_value()) {
        TORCH_CHECK(*most == index, "its input '", argument.name(), "' is a ", argument.type()->repr_str(), ", not a tensor");
        *least = index;
      }
    }
  });
}

/// Whether the module may write to the memory of its input of this index, or keep it beyond the call.
char* tare_module_disturbs(const Module* module, size_t input, bool* disturbs) {
  return tare::guarded([=] {
    auto graph = module->forward.graph()->copy();
    torch::jit::Inline(*graph);
    TORCH_CHECK(input + 1 < graph->inputs().size(), "there is no input ", input);
    torch::jit::AliasDb aliases(graph);
    *disturbs = aliases.hasWriters(graph->inputs()[input + 1]) || stores_values(graph->block());
  });
}

/// Whether an execution may leave in the module what the next one reads.
char* tare_module_remembers(const Module* module, bool* remembers) {
  return tare::guarded([=] {
    auto graph = module->forward.graph()->copy();
    torch::jit::Inline(*graph);
    const torch::jit::AliasDb aliases(graph);
    *remembers = stores_values(graph->block()) || writes_to_own(aliases, graph->block());
  });
}

/// The module's graph as text, to be freed.
char* tare_module_graph(const Module* module) {
  return tare::text(module->forward.graph()->toString(/*print_source_locations=*/false).c_str());
}

/// Executes the module; each tensor of the result, in order, is handed to `take`, which owns it.
char* tare_run_module(Module* module, const at::Tensor* const* inputs, size_t count, void* into, void (*take)(void*, at::Tensor*)) {
  return tare::guarded([=] {
    std::vector<IValue> stack;
    stack.reserve(count + 1);
    for (size_t index = 0; index < count; ++index) {
      stack.emplace_back(*inputs[index]);
    }
    std::vector<at::Tensor> outputs;
    flatten(module->forward(std::move(stack)), outputs);
    for (auto& output : outputs) {
      take(into, new at::Tensor(std::move(output)));
    }
  });
}
}
