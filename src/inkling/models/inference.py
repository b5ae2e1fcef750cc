"""Computes the logits of many images in batches, without gradients."""

import torch
from torch import Tensor, nn

# Images per batch. The activations of small networks then stay in the cache: cnn-basic takes 1.3 s
# for the test set on one core, with 2,000 images 2.2 s.
PORTION = 500


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
