// The road to the answer, fetched and shown only when somebody asks.

const WORDS = {
  "the photo": "as it arrived, upright",
  "light evened, writing found": "paper and shadows gone; what was written in blue",
  "ink and boxes": "what was kept as ink, one box for each digit",
};

export function showSteps(section, explained) {
  const shown = explained.steps.map((step, index) =>
    figure(`${index + 1}. ${capital(step.title)}`, WORDS[step.title] ?? "", [step.image], ""),
  );
  if (explained.seen.length) {
    const images = explained.seen.map((seen) => seen.image);
    const title = `${explained.steps.length + 1}. 28 by 28 pixels`;
    shown.push(figure(title, "each box as the network saw it", images, "crops"));
  }
  section.replaceChildren(...shown);
}

function figure(title, words, images, kind) {
  const item = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const name = document.createElement("b");
  name.textContent = title;
  caption.append(name, words ? ` – ${words}` : "");
  const pictures = images.map((source) => {
    const image = document.createElement("img");
    image.src = source;
    image.alt = title;
    return image;
  });
  if (kind) {
    const group = document.createElement("div");
    group.className = kind;
    group.append(...pictures);
    item.append(caption, group);
  } else {
    item.append(caption, ...pictures);
  }
  return item;
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
