// The processing steps, fetched and shown on request.

const WORDS = {
  "the photo": "as decoded, upright",
  "light evened, text found": "paper and shadows removed; text in blue",
  "ink and boxes": "detected ink, one box for each digit",
};

export function showSteps(section, explained) {
  const shown = explained.steps.map((step, index) =>
    figure(`${index + 1}. ${capital(step.title)}`, WORDS[step.title] ?? "", [step.image], ""),
  );
  if (explained.seen.length) {
    const images = explained.seen.map((seen) => seen.image);
    const title = `${explained.steps.length + 1}. 28 by 28 pixels`;
    shown.push(figure(title, "the network input for each box", images, "crops"));
  }
  section.replaceChildren(...shown);
}

function figure(title, words, images, kind) {
  const item = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const name = document.createElement("b");
  name.textContent = title;
  caption.append(name, words ? ` – ${words}` : "");
  const elements = images.map((source) => {
    const image = document.createElement("img");
    image.src = source;
    image.alt = title;
    return image;
  });
  if (kind) {
    const group = document.createElement("div");
    group.className = kind;
    group.append(...elements);
    item.append(caption, group);
  } else {
    item.append(caption, ...elements);
  }
  return item;
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
