// Sends what was typed, shows what came back. Nothing is kept but the token, and that only in this tab.
import { Documentation } from "./documentation.js";

const KEPT = "hub-token";
const at = (id) => document.getElementById(id);
const address = document.body.dataset.address;
const [token, query, variables, operation] = ["token", "query", "variables", "operation"].map(at);

async function post(body) {
  const headers = {
    Accept: "application/graphql-response+json, application/json;q=0.9",
    "Content-Type": "application/json",
    Authorization: `Bearer ${token.value.trim()}`,
  };
  const started = performance.now();
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { response, text, milliseconds: Math.round(performance.now() - started) };
}

function say(words, late = false) {
  at("status").textContent = words;
  at("status").classList.toggle("wrong", late);
}

function readVariables() {
  const text = variables.value.trim();
  return text ? JSON.parse(text) : {};
}

// Names of the operations in the document: comments and texts are blanked first, so they cannot look like one.
function operationNames() {
  const bare = query.value.replace(/"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, " ");
  return [...bare.matchAll(/\b(?:query|mutation)\s+([_A-Za-z]\w*)/g)].map((found) => found[1]);
}

function offerOperations() {
  const names = operationNames();
  const chosen = operation.value;
  operation.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
  at("several").hidden = names.length < 2;
}

function describe({ response, milliseconds }, answer) {
  const parts = [`${response.status} ${response.statusText}`.trim(), `${milliseconds} ms`];
  const cost = answer?.extensions?.cost;
  if (cost) parts.push(`cost ${cost.requested.toLocaleString()} of ${cost.limit.toLocaleString()}`);
  const errors = answer?.errors?.length ?? 0;
  if (errors) parts.push(errors === 1 ? "1 error" : `${errors} errors`);
  return parts.join(", ");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function show(reply) {
  const answer = parsed(reply.text);
  say(describe(reply, answer), !reply.response.ok || Boolean(answer?.errors));
  at("answer").textContent = answer ? JSON.stringify(answer, null, 2) : reply.text;
  at("answer").scrollIntoView({ block: "nearest" });
}

async function run() {
  let given;
  try {
    given = readVariables();
  } catch (error) {
    say(`The variables are not JSON: ${error.message}`, true);
    variables.focus();
    return;
  }
  say("Asking…");
  const names = operationNames();
  const operationName = names.length > 1 ? operation.value : null;
  try {
    show(await post({ query: query.value, variables: given, operationName }));
  } catch {
    say("The hub does not answer. Is it still running?", true);
  }
}

// Enter keeps the indentation; Tab stays the key that moves on.
function keepIndentation(event) {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
  const before = event.target.value.slice(0, event.target.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const indent = line.match(/^ */)[0] + (/[{(]\s*$/.test(line) ? "  " : "");
  if (!indent) return;
  event.preventDefault();
  event.target.setRangeText(`\n${indent}`, event.target.selectionStart, event.target.selectionEnd, "end");
}

const documentation = new Documentation(at("documentation"), at("found"), (text, values) => {
  query.value = text;
  variables.value = JSON.stringify(values, null, 2);
  offerOperations();
  query.focus();
});

async function learn() {
  sessionStorage.setItem(KEPT, token.value);
  if (!token.value.trim()) return documentation.clear("Give a token to see the schema.");
  try {
    const { text } = await post({ query: documentation.question });
    const answer = parsed(text);
    if (answer?.data) return documentation.learn(answer.data.__schema);
    return documentation.clear(answer?.errors?.[0]?.message ?? "The schema could not be read.");
  } catch {
    return documentation.clear("The hub does not answer. Is it still running?");
  }
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
at("forget").addEventListener("click", () => {
  token.value = "";
  learn();
  token.focus();
});
at("find").addEventListener("submit", (event) => event.preventDefault());
at("words").addEventListener("input", () => documentation.find(at("words").value));
for (const field of [query, variables]) field.addEventListener("keydown", keepIndentation);
query.addEventListener("input", offerOperations);
token.addEventListener("change", learn);

token.value = sessionStorage.getItem(KEPT) ?? "";
offerOperations();
if (token.value) learn();
else token.focus();
