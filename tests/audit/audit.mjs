// Runs every audit of the GraphQL over HTTP working group's suite against one address and prints the results as JSON.
import { auditServer } from "graphql-http";

const [url, token] = process.argv.slice(2);

function fetchAs(input, init = {}) {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
}

const results = await auditServer({ url, fetchFn: fetchAs });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
