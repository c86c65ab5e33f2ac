// The schema as pages to read: types, fields, arguments, and a query to start from. Text only, never markup.

const QUESTION = `query Documentation {
  __schema {
    queryType { name }
    mutationType { name }
    types { ...Kind }
  }
}
fragment Kind on __Type {
  kind
  name
  description
  fields(includeDeprecated: true) { name description isDeprecated deprecationReason args { ...Input } type { ...Spelt } }
  inputFields { ...Input }
  interfaces { name }
  enumValues(includeDeprecated: true) { name description }
  possibleTypes { name }
}
fragment Input on __InputValue { name description defaultValue type { ...Spelt } }
fragment Spelt on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const MOST_FOUND = 60;
const LEAVES = new Set(["SCALAR", "ENUM"]);
const KINDS = {
  OBJECT: "type",
  INPUT_OBJECT: "input",
  ENUM: "one of",
  SCALAR: "value",
  INTERFACE: "interface",
  UNION: "union",
};

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// A description: what stands between backticks is code.
function prose(name, text, attributes = {}) {
  const made = element(name, "", attributes);
  made.append(...text.split("`").map((part, place) => (place % 2 ? element("code", part) : part)));
  return made;
}

function spelt(type) {
  if (type.kind === "NON_NULL") return `${spelt(type.ofType)}!`;
  return type.kind === "LIST" ? `[${spelt(type.ofType)}]` : type.name;
}

function named(type) {
  return type.ofType ? named(type.ofType) : type.name;
}

export class Documentation {
  question = QUESTION;

  constructor(place, status, use) {
    Object.assign(this, { place, status, use, types: new Map(), roots: [] });
    place.addEventListener("click", (event) => this.follow(event));
  }

  clear(words) {
    this.types.clear();
    this.status.textContent = words;
    this.place.replaceChildren();
  }

  learn(schema) {
    const shown = schema.types.filter((type) => !type.name.startsWith("__"));
    this.types = new Map(shown.map((type) => [type.name, type]));
    this.roots = [schema.queryType, schema.mutationType].filter(Boolean).map((root) => root.name);
    this.overview();
  }

  overview() {
    const fields = this.roots.reduce((sum, name) => sum + this.types.get(name).fields.length, 0);
    this.status.textContent = `${fields} queries and mutations, ${this.types.size} types.`;
    this.place.replaceChildren(...this.roots.flatMap((name) => this.section(this.types.get(name))));
  }

  find(words) {
    const wanted = words.trim().toLowerCase();
    if (!wanted || !this.types.size) return this.types.size ? this.overview() : undefined;
    const found = [...this.types.values()].flatMap((type) => this.matches(type, wanted));
    found.sort((one, other) => one.rank - other.rank);
    const cut = found.length > MOST_FOUND ? `, the first ${MOST_FOUND} shown` : "";
    this.status.textContent = found.length ? `${found.length} found${cut}.` : "Nothing has this in its name or description.";
    const list = element("ul", "", { class: "entries" });
    list.append(...found.slice(0, MOST_FOUND).map(({ type, label, description }) => this.entry(type, label, description)));
    return this.place.replaceChildren(list);
  }

  matches(type, wanted) {
    const members = type.fields ?? type.inputFields ?? type.enumValues ?? [];
    const all = [
      { name: type.name, label: type.name, description: type.description },
      ...members.map(({ name, description }) => ({ name, label: `${type.name}.${name}`, description })),
    ];
    return all.flatMap(({ name, label, description }) => {
      const place = name.toLowerCase().indexOf(wanted);
      const inText = (description ?? "").toLowerCase().includes(wanted);
      return place >= 0 || inText ? [{ type, label, description, rank: place >= 0 ? place : 1000 }] : [];
    });
  }

  entry(type, label, description) {
    const item = element("li");
    item.append(this.link(type.name, label));
    if (description) item.append(prose("p", description));
    return item;
  }

  follow(event) {
    const name = event.target.closest("[data-type]")?.dataset.type;
    if (!name) return;
    event.preventDefault();
    const type = this.types.get(name);
    this.status.textContent = `${KINDS[type.kind]} ${name}`;
    const back = element("p");
    const button = element("button", "Back to all queries", { type: "button", class: "link" });
    button.addEventListener("click", () => this.overview());
    back.append(button);
    this.place.replaceChildren(back, ...this.section(type));
    this.place.querySelector("h3").focus();
  }

  link(name, text) {
    if (!this.types.has(name)) return element("span", text);
    return element("a", text, { href: `#${name}`, "data-type": name });
  }

  section(type) {
    const parts = [element("h3", type.name, { tabindex: "-1" })];
    if (type.description) parts.push(prose("p", type.description, { class: "soft" }));
    parts.push(...this.relatives("Is also", type.interfaces), ...this.relatives("Can be", type.possibleTypes));
    const list = element("dl", "", { class: "members" });
    const members = type.fields ?? type.inputFields ?? type.enumValues ?? [];
    for (const member of members) list.append(this.member(type, member));
    return [...parts, list];
  }

  relatives(words, types) {
    if (!types?.length) return [];
    const line = element("p", `${words} `);
    types.forEach(({ name }, place) => line.append(place ? ", " : "", this.link(name, name)));
    return [line];
  }

  member(type, member) {
    const item = element("div");
    const head = element("dt");
    head.append(element("code", member.name));
    if (member.type) head.append(": ", this.link(named(member.type), spelt(member.type)));
    if (member.isDeprecated) head.append(" ", element("span", "deprecated", { class: "tag off" }));
    item.append(head, ...this.explained(member));
    if (this.roots.includes(type.name)) item.append(this.starter(type, member));
    return item;
  }

  explained(member) {
    const parts = [];
    if (member.description) parts.push(prose("dd", member.description));
    if (member.deprecationReason) parts.push(element("dd", `Deprecated: ${member.deprecationReason}`));
    for (const argument of member.args ?? []) parts.push(this.argument(argument));
    return parts;
  }

  argument(argument) {
    const line = element("dd", "", { class: "argument" });
    line.append(element("code", argument.name), ": ", this.link(named(argument.type), spelt(argument.type)));
    if (argument.description) line.append(" ", prose("span", argument.description, { class: "soft" }));
    return line;
  }

  starter(type, field) {
    const line = element("dd");
    const button = element("button", "Start a query with it", { type: "button", class: "link" });
    button.setAttribute("aria-label", `Start a query with ${field.name}`);
    button.addEventListener("click", () => this.use(...this.skeleton(type, field)));
    line.append(button);
    return line;
  }

  skeleton(type, field) {
    const kind = type.name === this.roots[0] ? "query" : "mutation";
    const needed = field.args.filter((each) => each.type.kind === "NON_NULL" && each.defaultValue === null);
    const name = field.name[0].toUpperCase() + field.name.slice(1);
    const declared = needed.map((each) => `$${each.name}: ${spelt(each.type)}`).join(", ");
    const passed = needed.map((each) => `${each.name}: $${each.name}`).join(", ");
    const selected = this.selection(this.types.get(named(field.type)), "  ", 3);
    const head = `${kind} ${name}${declared && `(${declared})`}`;
    const values = Object.fromEntries(needed.map((each) => [each.name, this.sample(each.type)]));
    return [`${head} {\n  ${field.name}${passed && `(${passed})`}${selected}\n}\n`, values];
  }

  // Every plain field; objects only where they are what was asked for: a page's rows, a mutation's result.
  selection(type, indent, levels) {
    if (!type?.fields || levels === 0) return type?.possibleTypes ? " { __typename }" : "";
    const inner = `${indent}  `;
    const lines = type.fields.flatMap((field) => this.line(type, field, inner, levels));
    return ` {\n${(lines.length ? lines : [`${inner}__typename`]).join("\n")}\n${indent}}`;
  }

  line(owner, field, indent, levels) {
    if (field.isDeprecated || field.args.some((each) => each.type.kind === "NON_NULL" && each.defaultValue === null)) return [];
    const type = this.types.get(named(field.type));
    if (!type || LEAVES.has(type.kind)) return [`${indent}${field.name}`];
    const answers = owner.interfaces?.some(({ name }) => name === "Payload");
    return answers || field.name === "edges" || field.name === "node" ? [`${indent}${field.name}${this.selection(type, indent, levels - 1)}`] : [];
  }

  sample(type) {
    if (type.kind === "NON_NULL") return this.sample(type.ofType);
    if (type.kind === "LIST") return [this.sample(type.ofType)];
    const known = this.types.get(type.name);
    if (known?.kind === "ENUM") return known.enumValues[0].name;
    if (known?.kind !== "INPUT_OBJECT") return type.name === "Int" ? 1 : type.name === "Boolean" ? true : "";
    const needed = known.inputFields.filter((each) => each.type.kind === "NON_NULL" && each.defaultValue === null);
    return Object.fromEntries(needed.map((each) => [each.name, this.sample(each.type)]));
  }
}
