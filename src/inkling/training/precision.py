"""Chooses the number format of the forward pass for the processor: fp32 or bf16."""

import os
from typing import Literal

import torch

Precision = Literal["fp32", "bf16"]
PrecisionSetting = Literal["auto", "fp32", "bf16"]

# The values of ONEDNN_MAX_CPU_ISA that allow bf16 instructions.
ISA_WITH_BF16 = ("DEFAULT", "ALL", "AVX512_CORE_BF16", "AVX512_CORE_FP16")
ISA_PREFIXES_WITH_BF16 = ("AVX512_CORE_AMX", "AVX10")


def choose_precision(setting: PrecisionSetting, device: torch.device) -> Precision:
    """The format of `setting` on `device`.

    "auto" is bf16 only if the hardware supports bf16 products. Emulation takes 130 times as long
    for a matrix product (0.9 instead of 118 GFLOP/s on an EPYC with AVX2 only).
    """
    if setting != "auto":
        return setting
    return "bf16" if has_bf16(device) else "fp32"


def has_bf16(device: torch.device) -> bool:
    """Whether `device` has instructions for bf16 products, by a query of 0.3 ms."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and _onednn_allows_bf16() and _cpu_has_bf16()


def _cpu_has_bf16() -> bool:
    query = getattr(torch.cpu, "get_capabilities", None)  # torch 2.6 lacks it
    if query is None:
        return False
    flags = query()
    # "bf16" and "sve_bf16" are for Arm; AMX is Intel's matrix unit.
    return any(flags.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def _onednn_allows_bf16() -> bool:
    """Whether the environment allows oneDNN, which computes the products, to use bf16."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "DEFAULT"
    limit = limit.upper()
    return limit in ISA_WITH_BF16 or limit.startswith(ISA_PREFIXES_WITH_BF16)
