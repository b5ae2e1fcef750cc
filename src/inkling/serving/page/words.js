// The answer in words, for eyes and for ears.

export function percent(chance) {
  if (chance >= 0.9995) return "100\u00a0%";
  if (chance > 0.99) return `${(100 * chance).toFixed(1)}\u00a0%`;
  if (chance < 0.0005) return "0\u00a0%";
  return chance < 0.01 ? `${(100 * chance).toFixed(1)}\u00a0%` : `${Math.round(100 * chance)}\u00a0%`;
}

/** What stands large: the digits, or short words. */
export function headline(reading) {
  if (reading.verdict === "blank") return "Nothing there";
  if (reading.verdict === "not-a-digit") return "Not a digit";
  return reading.verdict === "unsure" ? `${reading.text}?` : reading.text;
}

/** One or two sentences. */
export function sentence(reading) {
  if (reading.verdict === "blank") return "No ink was found in this picture.";
  if (reading.verdict === "not-a-digit") {
    return reading.digits.length > 1
      ? "None of these shapes looks like a digit."
      : "This shape does not look like any digit.";
  }
  const read = reading.digits.filter((box) => box.verdict !== "not-a-digit");
  const least = read.reduce((a, b) => (b.confidence < a.confidence ? b : a));
  const sure = percent(least.confidence);
  if (reading.verdict === "unsure") {
    const doubt = least.doubts.length ? `: ${least.doubts.join(", ")}` : "";
    return `Unsure about the ${least.digit}, ${sure}${doubt}.`;
  }
  const others = reading.digits.length - read.length;
  const beside = others ? ` ${others === 1 ? "One shape" : `${others} shapes`} beside it: no digit.` : "";
  if (read.length === 1) return `Reads ${reading.text}, ${sure} sure.${beside}`;
  return `Reads ${reading.text}. The least sure is the ${least.digit}, ${sure}.${beside}`;
}

/** A box in few words, as its chip and its bars are labelled. */
export function boxLabel(box) {
  if (box.verdict === "not-a-digit") return "no digit";
  return box.verdict === "unsure" ? `${box.digit}?` : String(box.digit);
}
