// The answer in words, for display and screen readers.

export function percent(prob) {
  if (prob >= 0.9995) return "100\u00a0%";
  if (prob > 0.99) return `${(100 * prob).toFixed(1)}\u00a0%`;
  if (prob < 0.0005) return "0\u00a0%";
  return prob < 0.01 ? `${(100 * prob).toFixed(1)}\u00a0%` : `${Math.round(100 * prob)}\u00a0%`;
}

/** The large text: the digits, or a short message. */
export function headline(reading) {
  if (reading.verdict === "blank") return "No digits";
  if (reading.verdict === "not-a-digit") return "Not a digit";
  return reading.verdict === "unsure" ? `${reading.text}?` : reading.text;
}

/** One or two sentences. */
export function sentence(reading) {
  if (reading.verdict === "blank") return "No ink was found in this image.";
  if (reading.verdict === "not-a-digit") {
    return reading.digits.length > 1
      ? "None of these shapes is a digit."
      : "This shape is not a digit.";
  }
  const read = reading.digits.filter((box) => box.verdict !== "not-a-digit");
  const least = read.reduce((a, b) => (b.confidence < a.confidence ? b : a));
  const sure = percent(least.confidence);
  if (reading.verdict === "unsure") {
    const doubt = least.doubts.length ? `: ${least.doubts.join(", ")}` : "";
    return `Unsure about the ${least.label}, ${sure}${doubt}.`;
  }
  const others = reading.digits.length - read.length;
  const beside = others ? ` ${others === 1 ? "One shape" : `${others} shapes`} beside it: not a digit.` : "";
  if (read.length === 1) return `Reads ${reading.text}, ${sure} sure.${beside}`;
  return `Reads ${reading.text}. The least sure is the ${least.label}, ${sure}.${beside}`;
}

/** A short label for a box. */
export function boxLabel(box) {
  if (box.verdict === "not-a-digit") return "not a digit";
  return box.verdict === "unsure" ? `${box.label}?` : box.label;
}
