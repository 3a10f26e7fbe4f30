#!/usr/bin/env python3
"""Makes the adapters that `lagar adapter` is tested with: tiny bases, adapters of every kind that is
read, and what peft itself merges them to.

    python tools/make_adapters.py crates/lagar-models/tests/data/adapters

Made with peft 0.21.2, transformers 5.24.0, torch 2.15.0, safetensors 0.8.0 (`made_with.txt` names
those of the files in the project).

    llama/                 a base in shards, with biases and an output layer of its own
    gpt2/                  a base whose matrices are stored as [inputs, outputs]
    NAME/                  an adapter as peft saves it
    NAME/merged.safetensors  what `merge_and_unload(safe_merge=True)` makes of base and adapter
"""

import json
import shutil
import sys
from pathlib import Path

import peft
import safetensors
import safetensors.torch
import torch
import transformers
from peft import LoraConfig, get_peft_model
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

SEED = 20


def llama():
    config = LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=False,
        max_position_embeddings=64,
        bos_token_id=1,
        eos_token_id=2,
    )
    return LlamaForCausalLM(config)


def gpt2():
    config = GPT2Config(
        vocab_size=32, n_positions=32, n_embd=16, n_layer=1, n_head=2, n_inner=24,
        bos_token_id=1, eos_token_id=2,
    )
    return GPT2LMHeadModel(config)


PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

# name: base, configuration
ADAPTERS = {
    "plain": ("llama", dict(r=4, lora_alpha=8, target_modules=PROJECTIONS)),
    "rslora": (
        "llama",
        dict(
            r=4,
            lora_alpha=8,
            use_rslora=True,
            target_modules="all-linear",
            exclude_modules=["v_proj"],
            rank_pattern={r"model.layers.0.mlp.up_proj": 2, "q_proj": 6},
            alpha_pattern={r"layers\.1\.self_attn\.q_proj": 3},
        ),
    ),
    "dora": (
        "llama",
        dict(r=3, lora_alpha=6, use_dora=True, target_modules=r".*\.(q_proj|o_proj|down_proj)"),
    ),
    "biases": (
        "llama",
        dict(
            r=2,
            lora_alpha=3,
            bias="lora_only",
            lora_bias=True,
            target_modules=["q_proj", "up_proj"],
            layers_to_transform=[1],
            modules_to_save=["lm_head"],
        ),
    ),
    "embedding": ("llama", dict(r=2, lora_alpha=4, target_modules=["embed_tokens", "k_proj"])),
    "conv1d": (
        "gpt2",
        dict(r=2, lora_alpha=4, fan_in_fan_out=True, target_modules=["c_attn", "c_fc"]),
    ),
}


def stir(model, generator):
    """Gives every trained number a value as after a training."""
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        noise = torch.randn(parameter.shape, generator=generator)
        with torch.no_grad():
            if "magnitude" in name:
                parameter.mul_(1 + 0.1 * noise)
            else:
                parameter.add_(0.1 * noise)


def make_adapter(folder, name, base, settings):
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **settings))
    stir(model, torch.Generator().manual_seed(SEED + len(name)))
    target = folder / name
    model.save_pretrained(target)
    (target / "README.md").unlink(missing_ok=True)
    path = target / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = ADAPTERS[name][0]
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()  # a set in peft: its order changes from run to run
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    merged = model.merge_and_unload(safe_merge=True).state_dict()
    merged = {key: value.contiguous().clone() for key, value in merged.items()}
    if name == "conv1d":
        merged.pop("lm_head.weight")  # tied to the embedding
    safetensors.torch.save_file(merged, target / "merged.safetensors")


def make_old(folder):
    """The adapter `plain` as peft 0.4 wrote it: a pickle, and a configuration without later keys."""
    source, target = folder / "plain", folder / "old"
    target.mkdir()
    torch.save(
        safetensors.torch.load_file(source / "adapter_model.safetensors"),
        target / "adapter_model.bin",
    )
    config = json.loads((source / "adapter_config.json").read_text())
    kept = [
        "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode",
        "init_lora_weights", "layers_pattern", "layers_to_transform", "lora_alpha",
        "lora_dropout", "modules_to_save", "peft_type", "r", "revision", "target_modules",
        "task_type",
    ]
    config = {key: config[key] for key in kept}
    (target / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


def main():
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, make in [("llama", llama), ("gpt2", gpt2)]:
        torch.manual_seed(SEED)
        model = make()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter.add_(0.1 * torch.randn(parameter.shape))
                else:
                    parameter.mul_(5)  # as large as trained ones
        model.save_pretrained(folder / name, max_shard_size="12KB")
    for name, (base, settings) in ADAPTERS.items():
        kind = LlamaForCausalLM if base == "llama" else GPT2LMHeadModel
        make_adapter(folder, name, kind.from_pretrained(folder / base), settings)
    make_old(folder)
    versions = [
        f"peft {peft.__version__}",
        f"transformers {transformers.__version__}",
        f"torch {torch.__version__}",
        f"safetensors {safetensors.__version__}",
    ]
    (folder / "made_with.txt").write_text("\n".join(versions) + "\n")


main()
