"""A simple web service for a digit classifier, the baseline for `inkling serve`.

FastAPI, the model in torch in eager mode, and the whole image resized to 28x28. The weights are
random, because they do not change the time.

    python benchmarks/student_service.py PORT
"""

import io
import sys

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image
from torch import nn

app = FastAPI()
model = nn.Sequential(
    nn.Conv2d(1, 32, 3),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Dropout(0.25),
    nn.Flatten(),
    nn.Linear(9216, 128),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(128, 10),
)
model.eval()


@app.post("/predict")
async def predict(request: Request) -> dict[str, object]:
    image = Image.open(io.BytesIO(await request.body())).convert("L").resize((28, 28))
    pixels = torch.from_numpy(np.array(image)).float().div(255).sub(0.1307).div(0.3081)
    with torch.no_grad():
        probabilities = torch.softmax(model(pixels[None, None]), dim=1)[0]
    digit = int(probabilities.argmax())
    return {"digit": digit, "confidence": float(probabilities[digit])}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
