// What is sent: the drawing as a small PNG, a photo no larger than it will be looked at.

import { PAPER, drawStrokes } from "./strokes.js";

const DRAWING_WIDTH = 480; // pixels; a digit of a fifth of the paper still has 90 of them
const PHOTO_SIDE = 1600; // pixels; the reader looks at 800
const SMALL_FILE = 400_000; // bytes; smaller ones are sent as they are
const SENDABLE = new Set(["image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif"]);

/** The strokes in black on white. */
export async function drawingBlob(strokes) {
  const scale = DRAWING_WIDTH / PAPER.width;
  const canvas = new OffscreenCanvas(DRAWING_WIDTH, Math.round(PAPER.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  drawStrokes(context, strokes, "#000", scale);
  return canvas.convertToBlob({ type: "image/png" });
}

/** A file ready to be sent, scaled down where it is large. Throws where it is no picture. */
export async function photoBlob(file) {
  if (file.size <= SMALL_FILE && SENDABLE.has(file.type)) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    if (file.type === "image/tiff") return file; // the reader knows it, the browser does not
    throw new Error("This file is not a picture that the browser can open.");
  }
  const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  // White ink on clear would be lost on a white ground: which ground fits, the reader decides.
  if (hasClearParts(context, width, height)) return canvas.convertToBlob({ type: "image/png" });
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}

function hasClearParts(context, width, height) {
  const { data } = context.getImageData(0, 0, width, height);
  for (let index = 3; index < data.length; index += 4) if (data[index] < 255) return true;
  return false;
}
