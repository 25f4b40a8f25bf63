"""Kinds of ONNX export that a hollow twin must be made of: what PyTorch's two exporters write for common architectures.

All weights are random, so nothing is downloaded. Each kind is a function that writes a file. Run as a program it writes
the kinds named, or all: exports.py FOLDER [NAME...]; with --small it writes the small ones of tests/fixtures/hollow.
Packages: torch, torchvision, transformers, onnx, onnxscript, onnxruntime.
"""

import argparse
import pathlib
import sys
import warnings

import onnx
import torch
import torchvision
import transformers
from torch import nn


class Outputs(nn.Module):
    """A transformers model that takes tensors by position and gives its first output."""

    def __init__(self, model, *names, **fixed):
        super().__init__()
        self.model, self.names, self.fixed = model, names, fixed

    def forward(self, *inputs):
        return self.model(**dict(zip(self.names, inputs)), **self.fixed, return_dict=False)[0]


def script(model, inputs, path, names, dynamic=None, opset=17):
    """PyTorch's exporter over TorchScript."""
    torch.onnx.export(model, inputs, str(path), input_names=names, output_names=["out"], dynamic_axes=dynamic,
                      opset_version=opset, dynamo=False)


def dynamo(model, inputs, path, names, dynamic=None):
    """PyTorch's exporter over torch.export."""
    torch.onnx.export(model, inputs, str(path), input_names=names, output_names=["out"], dynamic_shapes=dynamic,
                      opset_version=18, dynamo=True, external_data=False, verbose=False)


def tokens(batch=1):
    return torch.randint(0, 50, (batch, 16))


def both_axes(*names):
    return {name: {0: "batch", 1: "seq"} for name in names}


def symbols(count, batch=True):
    """Dynamic shapes of `count` inputs of one wrapper."""
    axes = {1: torch.export.Dim("seq", min=2, max=512)}
    if batch:
        axes[0] = torch.export.Dim("batch", min=1, max=64)
    return {"inputs": tuple(dict(axes) for _ in range(count))}


def encoder(attention="eager"):
    config = transformers.BertConfig(vocab_size=3000, hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
                                     intermediate_size=1536, attn_implementation=attention)
    return Outputs(transformers.BertModel(config), "input_ids", "attention_mask", "token_type_ids").eval()


ENCODER = ("input_ids", "attention_mask", "token_type_ids")


def encoder_inputs(batch=1):
    ids = tokens(batch)
    return ids, torch.ones_like(ids), torch.zeros_like(ids)


def minilm_script(path, attention="eager"):
    script(encoder(attention), encoder_inputs(), path, list(ENCODER), both_axes(*ENCODER))


def minilm_script_sdpa(path):
    minilm_script(path, "sdpa")


def minilm_dynamo(path):
    dynamo(encoder("sdpa"), encoder_inputs(2), path, list(ENCODER), symbols(3))


def minilm_int8(path):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    full = path.with_suffix(".full.onnx")
    minilm_script(full)
    quantize_dynamic(full, path, weight_type=QuantType.QInt8)
    full.unlink()


def minilm_static(path):
    """Fixed shapes, as an export without dynamic axes has them."""
    script(encoder(), encoder_inputs(), path, list(ENCODER))


def roberta_script(path):
    config = transformers.RobertaConfig(vocab_size=3000, hidden_size=256, num_hidden_layers=4, num_attention_heads=4,
                                        intermediate_size=1024, attn_implementation="eager")
    model = Outputs(transformers.RobertaModel(config), "input_ids", "attention_mask").eval()
    script(model, encoder_inputs()[:2], path, list(ENCODER[:2]), both_axes(*ENCODER[:2]))


def distilbert_dynamo(path):
    config = transformers.DistilBertConfig(vocab_size=3000, dim=384, n_layers=4, n_heads=6, hidden_dim=1536)
    model = Outputs(transformers.DistilBertModel(config), "input_ids", "attention_mask").eval()
    dynamo(model, encoder_inputs(2)[:2], path, list(ENCODER[:2]), symbols(2))


def gpt2(*names):
    config = transformers.GPT2Config(vocab_size=5000, n_embd=384, n_layer=12, n_head=12, n_positions=256,
                                     attn_implementation="eager")
    return Outputs(transformers.GPT2LMHeadModel(config), *names, use_cache=False).eval()


def gpt2_script(path):
    names = ENCODER[:2]
    script(gpt2(*names), encoder_inputs()[:2], path, list(names), both_axes(*names))


def gpt2_dynamo(path):
    dynamo(gpt2("input_ids"), (tokens(2),), path, ["input_ids"], symbols(1))


def llama_dynamo(path):
    config = transformers.LlamaConfig(vocab_size=3000, hidden_size=256, intermediate_size=688, num_hidden_layers=4,
                                      num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=256)
    model = Outputs(transformers.LlamaForCausalLM(config), "input_ids", use_cache=False).eval()
    dynamo(model, (tokens(2),), path, ["input_ids"], symbols(1))


def t5_script(path):
    config = transformers.T5Config(vocab_size=3000, d_model=256, d_kv=32, d_ff=1024, num_layers=4, num_heads=8)
    model = Outputs(transformers.T5EncoderModel(config), "input_ids").eval()
    script(model, (tokens(),), path, ["input_ids"], both_axes("input_ids"))


class Tagger(nn.Module):
    """An embedding, two layers of LSTM or GRU in both directions, and a linear layer."""

    def __init__(self, kind=nn.LSTM, width=128):
        super().__init__()
        self.table = nn.Embedding(8 * width, width)
        self.layers = kind(width, width, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, 20)

    def forward(self, ids):
        return self.head(self.layers(self.table(ids))[0])


def lstm_script(path):
    script(Tagger().eval(), (tokens(),), path, ["ids"], both_axes("ids"))


def gru_script(path):
    script(Tagger(nn.GRU).eval(), (tokens(),), path, ["ids"], {"ids": {1: "seq"}})


def vit(hidden, layers, heads):
    config = transformers.ViTConfig(hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                                    intermediate_size=4 * hidden)
    return Outputs(transformers.ViTModel(config), "pixel_values").eval()


def pixels(side=224):
    return (torch.randn(1, 3, side, side),)


def vit_script(path):
    script(vit(192, 12, 3), pixels(), path, ["pixels"], {"pixels": {0: "batch"}})


def vit_dynamo(path):
    dynamo(vit(192, 12, 3), pixels(), path, ["pixels"])


def vit_b_dynamo(path):
    dynamo(torchvision.models.vit_b_16().eval(), pixels(), path, ["pixels"])


def seed_statistics(model):
    """Statistics that differ, as after training."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    return model.eval()


def image(build, exporter, side=224, wrap=lambda model: model):
    """A torchvision model of fixed shape."""
    def kind(path):
        exporter(wrap(seed_statistics(build())), pixels(side), path, ["pixels"])
    return kind


class Segmented(nn.Module):
    """The map of a segmentation model."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixels):
        return self.model(pixels)["out"]


vision = torchvision.models
segment = vision.segmentation

KINDS = {
    "minilm-script": minilm_script,
    "minilm-dynamo": minilm_dynamo,
    "minilm-script-sdpa": minilm_script_sdpa,
    "minilm-int8": minilm_int8,
    "minilm-static": minilm_static,
    "roberta-script": roberta_script,
    "distilbert-dynamo": distilbert_dynamo,
    "gpt2-script": gpt2_script,
    "gpt2-dynamo": gpt2_dynamo,
    "llama-dynamo": llama_dynamo,
    "t5-script": t5_script,
    "lstm-script": lstm_script,
    "gru-script": gru_script,
    "vit-script": vit_script,
    "vit-dynamo": vit_dynamo,
    "vit-b-dynamo": vit_b_dynamo,
    "resnet18-script": image(vision.resnet18, script),
    "resnet18-dynamo": image(vision.resnet18, dynamo),
    "mobilenet-script": image(vision.mobilenet_v2, script),
    "mobilenet-dynamo": image(vision.mobilenet_v2, dynamo),
    "mobilenet3-script": image(vision.mobilenet_v3_small, script),
    "efficientnet-script": image(vision.efficientnet_b0, script),
    "efficientnet-dynamo": image(vision.efficientnet_b0, dynamo),
    "lraspp-script": image(lambda: segment.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None), script,
                           wrap=Segmented),
    "squeezenet-script": image(vision.squeezenet1_1, script),
    "convnext-dynamo": image(vision.convnext_tiny, dynamo),
    "convnext-script": image(vision.convnext_tiny, script),
    "shufflenet-script": image(vision.shufflenet_v2_x1_0, script),
    "densenet121-script": image(vision.densenet121, script),
    "regnet-script": image(vision.regnet_x_400mf, script),
    "googlenet-script": image(lambda: vision.googlenet(weights=None, aux_logits=False, init_weights=True), script),
    "alexnet-script": image(vision.alexnet, script),
    "vgg11-script": image(vision.vgg11, script),
    "swin-dynamo": image(vision.swin_t, dynamo),
    "swin-script": image(vision.swin_t, script),
}


def small_encoder(attention):
    config = transformers.BertConfig(vocab_size=64, hidden_size=32, num_hidden_layers=1, num_attention_heads=4,
                                     intermediate_size=64, max_position_embeddings=32, attn_implementation=attention)
    return Outputs(transformers.BertModel(config), *ENCODER[:2]).eval()


def small_encoder_script(path):
    script(small_encoder("eager"), encoder_inputs()[:2], path, list(ENCODER[:2]), both_axes(*ENCODER[:2]))


def small_encoder_dynamo(path):
    dynamo(small_encoder("sdpa"), encoder_inputs(2)[:2], path, list(ENCODER[:2]), symbols(2))


def small_gpt2_dynamo(path):
    config = transformers.GPT2Config(vocab_size=64, n_embd=32, n_layer=1, n_head=4, n_positions=32,
                                     attn_implementation="eager")
    model = Outputs(transformers.GPT2LMHeadModel(config), "input_ids", use_cache=False).eval()
    dynamo(model, (tokens(2),), path, ["input_ids"], symbols(1))


def small_llama_dynamo(path):
    config = transformers.LlamaConfig(vocab_size=64, hidden_size=32, intermediate_size=88, num_hidden_layers=1,
                                      num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32)
    model = Outputs(transformers.LlamaForCausalLM(config), "input_ids", use_cache=False).eval()
    dynamo(model, (tokens(2),), path, ["input_ids"], symbols(1))


def small_t5_script(path):
    config = transformers.T5Config(vocab_size=64, d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4)
    script(Outputs(transformers.T5EncoderModel(config), "input_ids").eval(), (tokens(),), path, ["input_ids"],
           both_axes("input_ids"))


def small_lstm_script(path):
    script(Tagger(width=16).eval(), (tokens(),), path, ["ids"], both_axes("ids"))


def small_swin():
    return vision.SwinTransformer(patch_size=[4, 4], embed_dim=12, depths=[2, 2], num_heads=[2, 4],
                                  window_size=[7, 7], num_classes=10)


SMALL = {
    "encoder-script": small_encoder_script,
    "encoder-dynamo": small_encoder_dynamo,
    "gpt2-dynamo": small_gpt2_dynamo,
    "llama-dynamo": small_llama_dynamo,
    "t5-script": small_t5_script,
    "lstm-script": small_lstm_script,
    "swin-dynamo": image(small_swin, dynamo, side=112),
    "mobilenet-script": image(lambda: vision.MobileNetV2(num_classes=10, width_mult=0.1), script, side=96),
    "shufflenet-script": image(lambda: vision.ShuffleNetV2([1, 2, 1], [8, 16, 32, 64, 64], num_classes=10), script,
                               side=96),
}


def strip(path):
    """Without what exporters note beside the graph, which would be most of a small file."""
    model = onnx.load(path)
    del model.metadata_props[:], model.graph.metadata_props[:], model.functions[:]
    for message in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        del message.metadata_props[:]
        message.doc_string = ""
    onnx.save(model, path)


def make(kind, path):
    """Writes one kind."""
    torch.manual_seed(0)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind(pathlib.Path(path))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--small", action="store_true")
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    kinds = SMALL if options.small else KINDS
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in options.names or kinds:
        target = options.folder / f"{name}.onnx"
        try:
            make(kinds[name], target)
            if options.small:
                strip(target)
        except Exception as error:  # an exporter that fails is reported, the others go on
            target.unlink(missing_ok=True)
            failed += 1
            print(name, type(error).__name__, str(error)[-300:], file=sys.stderr)
        else:
            print(f"{name} {target.stat().st_size // 1024} KB", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
