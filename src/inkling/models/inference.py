"""Networks at work: logits of many images, without gradients, in bounded portions."""

import torch
from torch import Tensor, nn

PORTION = 2_000  # images; activations of the largest network here stay below 1 GB


@torch.inference_mode()
def predict_logits(model: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, C) float32 of normalised images (N, 1, 28, 28).

    The network is put into evaluation mode for it and left as it was found.
    """
    was_training = model.training
    model.eval()
    try:
        return torch.cat([model(portion).float() for portion in images.split(PORTION)])
    finally:
        model.train(was_training)
