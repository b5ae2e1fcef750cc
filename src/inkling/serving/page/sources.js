// Photo sources: file chooser, camera, drag and drop, clipboard.

/** Calls `take` with each image file from the user. */
export function listenForPhotos(parts, take) {
  const { choose, chooseInput, camera, cameraInput, stage } = parts;
  choose.addEventListener("click", () => chooseInput.click());
  camera.addEventListener("click", () => cameraInput.click());
  for (const input of [chooseInput, cameraInput]) {
    input.addEventListener("change", () => {
      const [file] = input.files;
      input.value = ""; // so that the same file can be chosen again
      if (file) take(file);
    });
  }
  takeDrops(stage, take);
  addEventListener("paste", (event) => {
    const file = firstImage(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}

function takeDrops(stage, take) {
  let depth = 0; // dragenter and dragleave come for every child
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    stage.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", (event) => hasFiles(event) && mark(1));
  addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault(); // otherwise the browser opens the file
    mark(-depth);
    const file = firstImage(event.dataTransfer) ?? event.dataTransfer.files[0];
    if (file) take(file);
  });
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

function firstImage(transfer) {
  return [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));
}
