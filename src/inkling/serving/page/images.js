// The images to send: the drawing as a small PNG, a photo scaled down to the useful size.

import { PAPER, drawStrokes } from "./strokes.js";

const DRAWING_WIDTH = 480; // pixels; a digit a fifth as wide as the paper still has 90
const PHOTO_SIDE = 1600; // pixels; the reader uses 800
const SMALL_FILE = 400_000; // bytes; smaller ones are sent as they are
const SENDABLE = new Set(["image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif"]);

/** The strokes, black on white. */
export async function drawingBlob(strokes) {
  const scale = DRAWING_WIDTH / PAPER.width;
  const canvas = new OffscreenCanvas(DRAWING_WIDTH, Math.round(PAPER.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  drawStrokes(context, strokes, "#000", scale);
  return canvas.convertToBlob({ type: "image/png" });
}

/** A file ready to send, scaled down if it is large. Throws if it is not an image. */
export async function photoBlob(file) {
  if (file.size <= SMALL_FILE && SENDABLE.has(file.type)) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    if (file.type === "image/tiff") return file; // the reader supports it, the browser does not
    throw new Error("The browser cannot open this file as an image.");
  }
  const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  // White ink on transparency would vanish on white: the reader chooses the background.
  if (hasTransparency(context, width, height)) return canvas.convertToBlob({ type: "image/png" });
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}

function hasTransparency(context, width, height) {
  const { data } = context.getImageData(0, 0, width, height);
  for (let index = 3; index < data.length; index += 4) if (data[index] < 255) return true;
  return false;
}
