// The page: connects paper, photo, service and answer.

import { showBoxes } from "./boxes.js";
import { Corrections } from "./corrections.js";
import { showGrids } from "./grid.js";
import { drawByKeyboard } from "./keyboard.js";
import { Panel } from "./panel.js";
import { Paper } from "./paper.js";
import { drawingBlob, photoBlob } from "./images.js";
import { Refused, Service } from "./service.js";
import { listenForPhotos } from "./sources.js";
import { showSteps } from "./steps.js";
import { Tables } from "./table.js";

const find = (name) => document.getElementById(name);
const stage = find("stage");
const photo = find("photo");
const layer = find("boxes");
const paper = new Paper(find("paper"));
const service = new Service();
const panel = new Panel({
  frame: find("answer"),
  verdict: find("verdict"),
  text: find("text"),
  sentence: find("sentence"),
  chips: find("chips"),
  seen: find("seen"),
  seenEmpty: find("seen-empty"),
  probs: find("probs"),
  timing: find("timing"),
});
const corrections = new Corrections(
  {
    frame: find("correct"),
    label: find("correct-label"),
    send: find("correct-send"),
    state: find("correct-state"),
  },
  panel,
);
const tables = new Tables(find("tables"));
const steps = find("steps");
const explain = find("explain");

let sent = null; // the image whose answer is on screen
let reading = null;
let cell = null; // the chosen cell of its tables
let turn = 0; // number of the newest drawing or photo; results of older ones are dropped

function setMode(mode) {
  stage.dataset.mode = mode;
  paper.enabled = mode !== "photo";
  find("undo").disabled = mode !== "drawing";
  find("clear").disabled = mode === "empty";
}

// The position of the image on the stage: all of it, or a photo between two margins.
function placeOf([width, height]) {
  const scale = Math.min(stage.clientWidth / width, stage.clientHeight / height);
  return {
    x: (stage.clientWidth - width * scale) / 2,
    y: (stage.clientHeight - height * scale) / 2,
    width: width * scale,
    height: height * scale,
  };
}

function drawBoxes() {
  if (reading?.tables?.length) showGrids(layer, reading, cell);
  else if (reading) showBoxes(layer, reading, placeOf(reading.size), panel.chosen);
  else layer.replaceChildren();
}

function forget(words, problem) {
  reading = null;
  sent = null;
  panel.clear(words, problem);
  corrections.show();
  tables.show([]);
  drawBoxes();
  explain.disabled = true;
  setSteps(false);
}

async function read(blob) {
  try {
    const answer = await service.read(blob, "seen", stage.dataset.mode === "photo");
    if (!answer) return;
    sent = blob;
    reading = answer;
    cell = null;
    panel.show(answer);
    corrections.show();
    tables.show(answer.tables ?? []);
    drawBoxes();
    explain.disabled = false;
    if (!steps.hidden) fetchSteps();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    forget(error.message, true);
  }
}

function startTurn() {
  service.cancel();
  turn += 1;
  return turn;
}

async function readDrawing() {
  const mine = startTurn();
  const blob = await drawingBlob(paper.strokes);
  if (mine === turn && !paper.empty) await read(blob);
}

async function takePhoto(file) {
  paper.clear();
  leavePhoto();
  setMode("empty");
  const mine = startTurn();
  forget("Reading the photo …");
  find("clear").disabled = false;
  let blob;
  try {
    blob = await photoBlob(file);
  } catch (error) {
    if (mine === turn) forget(error.message, true);
    return;
  }
  if (mine !== turn) return;
  photo.src = URL.createObjectURL(blob);
  photo.alt = `Your photo ${file.name ?? ""}`.trim();
  photo.hidden = false;
  setMode("photo");
  await read(blob);
}

function leavePhoto() {
  if (photo.hidden) return;
  URL.revokeObjectURL(photo.src);
  photo.hidden = true;
  photo.removeAttribute("src");
}

function clearAll() {
  startTurn();
  leavePhoto();
  paper.clear();
  setMode("empty");
  forget();
}

function setSteps(open) {
  steps.hidden = !open;
  explain.setAttribute("aria-expanded", String(open));
  explain.textContent = open ? "Hide the steps" : "Show the steps";
  if (!open) steps.replaceChildren();
}

async function fetchSteps() {
  const about = sent;
  try {
    const explained = await service.explain(about);
    if (explained && about === sent) showSteps(steps, explained);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (about === sent) steps.textContent = error.message;
  }
}

paper.addEventListener("begin", () => {
  startTurn();
  setMode("drawing");
});
paper.addEventListener("end", readDrawing);
paper.addEventListener("change", () => {
  if (stage.dataset.mode === "photo") return;
  startTurn();
  setMode(paper.empty ? "empty" : "drawing");
  if (paper.empty) forget();
  else readDrawing();
});
panel.addEventListener("choose", () => {
  drawBoxes();
  corrections.show();
});
tables.addEventListener("choose", (event) => {
  cell = event.detail;
  drawBoxes();
});
new ResizeObserver(drawBoxes).observe(stage);

find("undo").addEventListener("click", () => paper.undo());
find("clear").addEventListener("click", clearAll);
find("width").addEventListener("input", (event) => {
  paper.penWidth = Number(event.target.value);
  find("width-dot").style.setProperty("--pen", `${event.target.value}px`);
});
explain.addEventListener("click", () => {
  setSteps(steps.hidden);
  if (!steps.hidden) fetchSteps();
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    paper.undo();
  } else if (event.key === "Delete" || event.key === "Escape") {
    clearAll();
  }
});

service.addEventListener("state", () => {
  const away = service.state === "away";
  find("link").dataset.state = service.state;
  find("link-words").textContent = away ? "Server unavailable, retrying" : "Ready";
  if (service.waiting) panel.wait();
  if (service.state === "ready") corrections.ask(); // a restarted server may have another model
});

drawByKeyboard(find("paper"), find("nib"), paper);
listenForPhotos(
  {
    choose: find("choose"),
    chooseInput: find("file"),
    camera: find("take"),
    cameraInput: find("camera"),
    stage,
  },
  takePhoto,
);
setMode("empty");
