"""Computes the logits of many images in batches, without gradients."""

import torch
from torch import Tensor, nn

PORTION = 2_000  # images per batch, so that the activations need less than 1 GB


@torch.inference_mode()
def predict_logits(model: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, C) float32 of normalised images (N, 1, 28, 28).

    The network is in evaluation mode during the call. Its mode is restored afterwards.
    """
    was_training = model.training
    model.eval()
    try:
        return torch.cat([model(portion).float() for portion in images.split(PORTION)])
    finally:
        model.train(was_training)
