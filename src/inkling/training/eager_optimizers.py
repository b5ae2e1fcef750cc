"""torch's optimisers without its compiler.

Several methods of torch's optimisers import `torch._dynamo` at their first call, only to tell the
compiler what it must not compile. The import takes about as long as `import torch` itself. The
classes here have the same methods without these wrappers, and compute the same.
"""

import inspect

import torch
from torch.optim import Optimizer


class _Eager(Optimizer):
    """The methods of `Optimizer` without the decorator for the compiler."""

    add_param_group = inspect.unwrap(Optimizer.add_param_group)
    zero_grad = inspect.unwrap(Optimizer.zero_grad)
    state_dict = inspect.unwrap(Optimizer.state_dict)
    load_state_dict = inspect.unwrap(Optimizer.load_state_dict)


class EagerSgd(_Eager, torch.optim.SGD):
    """`torch.optim.SGD`."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.SGD.step))


class EagerAdam(_Eager, torch.optim.Adam):
    """`torch.optim.Adam`."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class EagerAdamW(_Eager, torch.optim.AdamW):
    """`torch.optim.AdamW`."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))
