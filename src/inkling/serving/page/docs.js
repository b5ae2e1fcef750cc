// The API's documentation, built from /openapi.json without a library or another host.

import { make, table } from "./make.js";
import { tryOut } from "./try.js";

const main = document.getElementById("docs");

async function show() {
  const response = await fetch("/openapi.json");
  const api = await response.json();
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  main.replaceChildren(
    intro(api),
    ...operations.map((operation, index) => card(api, operation, index === 0)),
    make("h2", {}, "Errors"),
    ...Object.entries(api.components.responses).map(([name, response]) => problem(name, response)),
    make("h2", {}, "Schemas"),
    ...Object.entries(api.components.schemas).map(([name, schema]) => schemaCard(name, schema)),
  );
  main.removeAttribute("aria-busy");
  openTarget();
}

function intro(api) {
  const paragraphs = api.info.description.trim().split(/\n\s*\n/);
  return make("div", { class: "intro" }, ...paragraphs.map((text) => make("p", {}, ...marked(text))));
}

// `code` in descriptions; no other markup is used.
function marked(text) {
  return text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

function card(api, operation, open) {
  const { path, method, summary, description } = operation;
  const head = make(
    "summary",
    {},
    make("span", { class: `method ${method}` }, method.toUpperCase()),
    make("span", { class: "path" }, path),
    make("span", { class: "what" }, summary),
  );
  const takes = make("div", {}, description ? make("p", {}, ...marked(description)) : "");
  takes.append(...parameters(operation), ...bodies(operation), ...tryOut(operation));
  const gives = make("div", {}, ...example(operation), ...answers(operation));
  const card = make("details", { class: "card", id: operation.operationId }, head);
  card.append(make("div", { class: "inside" }, takes, gives));
  card.open = open;
  return card;
}

function parameters({ parameters: list = [] }) {
  if (!list.length) return [];
  const rows = list.map((one) => [one.name, kind(one.schema), one.description ?? one.schema.description ?? ""]);
  return [make("div", {}, make("h3", {}, "Query"), table(rows))];
}

function bodies({ requestBody }) {
  if (!requestBody) return [];
  const kinds = Object.entries(requestBody.content).map(([type, { schema }]) => [type, kind(schema), ""]);
  const words = requestBody.description ? [make("p", { class: "soft" }, requestBody.description)] : [];
  return [make("div", {}, make("h3", {}, "Body"), ...words, table(kinds))];
}

function example({ path, method, requestBody }) {
  const address = `${location.origin}${path}`;
  const lines = !requestBody
    ? [`curl ${address}`]
    : requestBody.content["image/png"]
      ? [`curl -F file=@photo.jpg ${address}`]
      : [
          `curl -H 'Content-Type: application/json' \\`,
          `  -d '${JSON.stringify(requestBody.content["application/json"].example)}' \\`,
          `  ${address}`,
        ];
  return [make("div", {}, make("h3", {}, `Example`), make("pre", {}, lines.join("\n")))];
}

function answers({ responses }) {
  return Object.entries(responses).map(([status, { description, content = {} }]) => {
    const [type, body] = Object.entries(content)[0] ?? [];
    const head = make(
      "p",
      { class: "row" },
      make("span", { class: `status ${status < 400 ? "fine" : "not"}` }, status),
      make("span", {}, description),
      make("span", { class: "soft" }, type ?? ""),
    );
    const shown = body?.example ? [make("pre", {}, JSON.stringify(body.example, null, 1))] : [];
    return make("div", {}, head, ...shown);
  });
}

// A problem's `type` links to its card.
function problem(name, { content }) {
  const { value } = Object.values(content)[0].examples[name];
  const head = make(
    "summary",
    {},
    make("span", { class: "status not" }, String(value.status)),
    make("span", { class: "path" }, name),
    make("span", { class: "what" }, value.title),
  );
  const inside = make("div", { class: "inside" }, make("pre", {}, JSON.stringify(value, null, 1)));
  return make("details", { class: "card", id: name }, head, inside);
}

function schemaCard(name, schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([field, one]) => [
    (schema.required ?? []).includes(field) ? field : `${field}?`,
    kind(one),
    one.description ?? "",
  ]);
  const head = make(
    "summary",
    {},
    make("span", { class: "path" }, name),
    make("span", { class: "what" }, schema.description ?? ""),
  );
  const inside = make("div", { class: "inside" }, table(rows));
  return make("details", { class: "card", id: `schema-${name}` }, head, inside);
}

function kind(schema = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(kind).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return `${kind(schema.items)}[]`;
  if (schema.format === "binary") return "bytes";
  return schema.type ?? "any";
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.tagName === "DETAILS") target.open = true;
  target.scrollIntoView();
}

addEventListener("hashchange", openTarget);
show().catch((error) => {
  main.replaceChildren(make("p", {}, `The API description could not be loaded: ${error.message}`));
});
