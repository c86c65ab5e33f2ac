// A partner's program with urql and graphql-ws. It reads one command of JSON a line, and answers each with a line.
import { createInterface } from "node:readline";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";

const [url, socketUrl] = process.argv.slice(2);
const authorization = `Bearer ${process.env.PARTNER_TOKEN}`;
const socket = createClient({ url: socketUrl, connectionParams: { Authorization: authorization }, retryAttempts: 0 });
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers: { authorization } },
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

const answer = (said) => console.log(JSON.stringify(said));
const shown = ({ data, error }) => ({
  data: data ?? null,
  errors: error?.graphQLErrors.map(({ extensions, path }) => ({ code: extensions.code, path })) ?? [],
  network: error?.networkError?.message ?? null,
});

const verbs = {
  query: async ({ document, variables }) => answer(shown(await client.query(document, variables).toPromise())),
  mutation: async ({ document, variables }) => answer(shown(await client.mutation(document, variables).toPromise())),
  pages: async ({ document, variables }) => {
    const nodes = [];
    for (let after = null; ; ) {
      const { data, error } = await client.query(document, { ...variables, after }).toPromise();
      if (error) return answer(shown({ error }));
      nodes.push(...data.customers.edges.map(({ node }) => node));
      if (!data.customers.pageInfo.hasNextPage) return answer({ nodes });
      after = data.customers.pageInfo.endCursor;
    }
  },
  follow: async ({ document, variables, count }) => {
    let left = count;
    const { unsubscribe } = client.subscription(document, variables).subscribe((result) => {
      if (left === 0) return;
      left -= 1;
      answer(shown(result));
      if (left === 0) queueMicrotask(() => unsubscribe());
    });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { verb, ...given } = JSON.parse(line);
  await verbs[verb](given);
}
await socket.dispose();
