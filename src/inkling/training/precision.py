"""The number format of the forward pass, chosen for the processor that trains."""

import os
from typing import Literal

import torch

Precision = Literal["fp32", "bf16"]
PrecisionSetting = Literal["auto", "fp32", "bf16"]

# The values of ONEDNN_MAX_CPU_ISA that still allow bf16 instructions.
ISA_WITH_BF16 = ("DEFAULT", "ALL", "AVX512_CORE_BF16", "AVX512_CORE_FP16")
ISA_PREFIXES_WITH_BF16 = ("AVX512_CORE_AMX", "AVX10")


def choose_precision(setting: PrecisionSetting, device: torch.device) -> Precision:
    """The format that `setting` means on `device`.

    "auto" is bf16 only where the hardware multiplies bf16 itself. A CPU that emulates it takes
    130 times as long for a matrix product (0.9 against 118 GFLOP/s on an EPYC with AVX2 only).
    """
    if setting != "auto":
        return setting
    return "bf16" if has_bf16(device) else "fp32"


def has_bf16(device: torch.device) -> bool:
    """Whether `device` has instructions for bf16 products; a query of 0.3 ms, no measurement."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and _onednn_allows_bf16() and _cpu_has_bf16()


def _cpu_has_bf16() -> bool:
    query = getattr(torch.cpu, "get_capabilities", None)  # torch 2.6 does not have it yet
    if query is None:
        return False
    flags = query()
    # "bf16" and "sve_bf16" are those of Arm; AMX is Intel's own matrix unit.
    return any(flags.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def _onednn_allows_bf16() -> bool:
    """Whether the environment lets oneDNN, which computes the products, use such instructions."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "DEFAULT"
    limit = limit.upper()
    return limit in ISA_WITH_BF16 or limit.startswith(ISA_PREFIXES_WITH_BF16)
