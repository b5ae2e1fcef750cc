// Strokes as data: lists of points in paper units, and how they become ink on any canvas.

export const PAPER = Object.freeze({ width: 960, height: 720 }); // units; 4 to 3, like the stage

/** A pen's pressure, 0 to 1, as a factor of the chosen width. Without pressure (mouse, finger): 1. */
export function pressureWidth(event) {
  return event.pointerType === "pen" && event.pressure > 0 ? 0.45 + 0.9 * event.pressure : 1;
}

/** Draws all strokes in one colour; `scale` is canvas pixels for one paper unit. */
export function drawStrokes(context, strokes, colour, scale) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = colour;
  context.fillStyle = colour;
  for (const stroke of strokes) drawStroke(context, stroke, scale);
}

// A smooth line: quadratic curves between the midpoints of neighbouring points, with the point as control.
function drawStroke(context, stroke, scale) {
  const { points, width } = stroke;
  if (points.length === 1) {
    drawDot(context, points[0], width, scale);
    return;
  }
  let from = points[0];
  for (let index = 1; index < points.length; index += 1) {
    const point = points[index];
    const before = points[index - 1];
    const last = index === points.length - 1;
    const to = last ? point : middle(before, point);
    context.lineWidth = Math.max(1, width * (before.pressure + point.pressure) * 0.5 * scale);
    context.beginPath();
    context.moveTo(from.x * scale, from.y * scale);
    context.quadraticCurveTo(before.x * scale, before.y * scale, to.x * scale, to.y * scale);
    if (last) context.lineTo(point.x * scale, point.y * scale);
    context.stroke();
    from = to;
  }
}

function drawDot(context, point, width, scale) {
  context.beginPath();
  context.arc(point.x * scale, point.y * scale, (width * point.pressure * scale) / 2, 0, 2 * Math.PI);
  context.fill();
}

function middle(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
