"""Kinds of ONNX export that a hollow twin must be made of: what PyTorch's two exporters write for common architectures.

All weights are random, so nothing is downloaded. Each kind is a function that writes a file and returns the sizes to
bind, by symbol. Run as a program it writes the kinds named, or all, each with its sizes beside it: exports.py FOLDER [NAME...]
"""

import copy
import json
import pathlib
import sys
import warnings

import torch
import torchvision
import transformers
from torch import nn

SEQ = {"seq": 16}
IMAGE = {}


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
    return SEQ


def minilm_script_sdpa(path):
    return minilm_script(path, "sdpa")


def minilm_dynamo(path):
    dynamo(encoder("sdpa"), encoder_inputs(2), path, list(ENCODER), symbols(3))
    return SEQ


def minilm_int8(path):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    full = path.with_suffix(".full.onnx")
    minilm_script(full)
    quantize_dynamic(full, path, weight_type=QuantType.QInt8)
    full.unlink()
    return SEQ


def minilm_static(path):
    """Fixed shapes, as an export without dynamic axes has them."""
    script(encoder(), encoder_inputs(), path, list(ENCODER))
    return {}


def roberta_script(path):
    config = transformers.RobertaConfig(vocab_size=3000, hidden_size=256, num_hidden_layers=4, num_attention_heads=4,
                                        intermediate_size=1024, attn_implementation="eager")
    model = Outputs(transformers.RobertaModel(config), "input_ids", "attention_mask").eval()
    script(model, encoder_inputs()[:2], path, list(ENCODER[:2]), both_axes(*ENCODER[:2]))
    return SEQ


def distilbert_dynamo(path):
    config = transformers.DistilBertConfig(vocab_size=3000, dim=384, n_layers=4, n_heads=6, hidden_dim=1536)
    model = Outputs(transformers.DistilBertModel(config), "input_ids", "attention_mask").eval()
    dynamo(model, encoder_inputs(2)[:2], path, list(ENCODER[:2]), symbols(2))
    return SEQ


def gpt2(*names):
    config = transformers.GPT2Config(vocab_size=5000, n_embd=384, n_layer=12, n_head=12, n_positions=256,
                                     attn_implementation="eager")
    return Outputs(transformers.GPT2LMHeadModel(config), *names, use_cache=False).eval()


def gpt2_script(path):
    names = ENCODER[:2]
    script(gpt2(*names), encoder_inputs()[:2], path, list(names), both_axes(*names))
    return SEQ


def gpt2_dynamo(path):
    dynamo(gpt2("input_ids"), (tokens(2),), path, ["input_ids"], symbols(1))
    return SEQ | {"batch": 2}


def llama_dynamo(path):
    config = transformers.LlamaConfig(vocab_size=3000, hidden_size=256, intermediate_size=688, num_hidden_layers=4,
                                      num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=256)
    model = Outputs(transformers.LlamaForCausalLM(config), "input_ids", use_cache=False).eval()
    dynamo(model, (tokens(2),), path, ["input_ids"], symbols(1))
    return SEQ


def t5_script(path):
    config = transformers.T5Config(vocab_size=3000, d_model=256, d_kv=32, d_ff=1024, num_layers=4, num_heads=8)
    model = Outputs(transformers.T5EncoderModel(config), "input_ids").eval()
    script(model, (tokens(),), path, ["input_ids"], both_axes("input_ids"))
    return SEQ


class Tagger(nn.Module):
    """An embedding, two layers of LSTM or GRU in both directions, and a linear layer."""

    def __init__(self, kind=nn.LSTM):
        super().__init__()
        self.table = nn.Embedding(1000, 128)
        self.layers = kind(128, 128, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(256, 20)

    def forward(self, ids):
        return self.head(self.layers(self.table(ids))[0])


def lstm_script(path):
    script(Tagger().eval(), (tokens(),), path, ["ids"], both_axes("ids"))
    return SEQ


def gru_script(path):
    script(Tagger(nn.GRU).eval(), (tokens(),), path, ["ids"], {"ids": {1: "seq"}})
    return SEQ


def vit(hidden, layers, heads):
    config = transformers.ViTConfig(hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                                    intermediate_size=4 * hidden)
    return Outputs(transformers.ViTModel(config), "pixel_values").eval()


def pixels(side=224):
    return (torch.randn(1, 3, side, side),)


def vit_script(path):
    script(vit(192, 12, 3), pixels(), path, ["pixels"], {"pixels": {0: "batch"}})
    return IMAGE


def vit_dynamo(path):
    dynamo(vit(192, 12, 3), pixels(), path, ["pixels"])
    return IMAGE


def vit_b_dynamo(path):
    dynamo(torchvision.models.vit_b_16().eval(), pixels(), path, ["pixels"])
    return IMAGE


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
        return IMAGE
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


def make(name, path):
    """Writes one kind; the sizes to bind."""
    torch.manual_seed(0)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return copy.copy(KINDS[name](pathlib.Path(path)))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for kind in sys.argv[2:] or KINDS:
        target = folder / f"{kind}.onnx"
        if target.exists():
            continue
        try:
            sizes = make(kind, target)
            target.with_suffix(".json").write_text(json.dumps(sizes))
            print(kind, sizes, flush=True)
        except Exception as error:  # an exporter that fails is reported, the others go on
            target.unlink(missing_ok=True)
            print(kind, "FAILED", type(error).__name__, str(error)[-300:].replace("\n", " "), flush=True)
