// Sends a real request from the documentation and shows the response.

import { make } from "./make.js";

const LONGEST = 20_000; // characters of the response that are shown

export function tryOut(operation) {
  const content = operation.requestBody?.content;
  const sends = content?.["image/png"] ? "file" : content ? "json" : "nothing";
  const button = make("button", { type: "button" }, "Send a request");
  const status = make("span", { class: "status", role: "status" });
  const answer = make("pre", { hidden: "", tabindex: "0", "aria-label": "Answer" });
  const row = make("div", { class: "row" });
  const file = make("input", { type: "file", accept: "image/*", "aria-label": "Image to send" });
  if (sends === "file") row.append(file);
  row.append(button, status);
  button.addEventListener("click", async () => {
    button.disabled = true;
    await send(operation, chooseBody(sends, file, content), status, answer);
    button.disabled = false;
  });
  return [make("div", {}, make("h3", {}, "Try it"), row, answer)];
}

// The chosen file, otherwise the example of the description.
function chooseBody(sends, file, content) {
  if (sends === "nothing") return { method: "GET" };
  if (sends === "file" && file.files[0]) {
    const body = file.files[0];
    return { method: "POST", body, headers: { "Content-Type": body.type || "application/octet-stream" } };
  }
  const body = JSON.stringify(content["application/json"].example);
  return { method: "POST", body, headers: { "Content-Type": "application/json" } };
}

async function send({ path }, request, status, answer) {
  const started = performance.now();
  try {
    const response = await fetch(path, request);
    const text = await response.text();
    const took = Math.round(performance.now() - started);
    status.textContent = `${response.status} in ${took} ms`;
    status.className = `status ${response.ok ? "fine" : "not"}`;
    answer.textContent = pretty(text).slice(0, LONGEST);
  } catch {
    status.textContent = "no response from the server";
    status.className = "status not";
    answer.textContent = "";
  }
  answer.hidden = !answer.textContent;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}
