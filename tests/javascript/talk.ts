// A client with the types that openapi-typescript makes of the API document. Reports what it was told as one line of JSON.
// Argument: the address of the program.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js"; // made by the test

declare const process: { argv: string[] };

const api = createClient<paths>({ baseUrl: process.argv[2] });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

function given<T>({ data, error }: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (error) throw new Error(`${error.type}: ${error.detail}`);
  return data as T;
}

async function chat() {
  const { conversation, token } = given(await api.POST("/api/conversations", { body: { name: "Ada" } }));
  const own = { path: { conversation_id: conversation.id } };
  const answered = given(
    await api.POST("/api/conversations/{conversation_id}/messages", {
      params: { ...own, header: { Prefer: "wait=30" } },
      body: { content: "hello" },
      headers: bearer(token ?? ""),
    }),
  );
  if (typeof answered === "string" || !("reply" in answered)) throw new Error("no stream was asked for, and no reply came");
  const { items } = given(
    await api.GET("/api/conversations/{conversation_id}/messages", { params: own, headers: bearer(token ?? "") }),
  );
  return { reply: answered.reply?.content, authors: items.map(({ author }) => author.kind) };
}

async function signIn(name: string) {
  const who = { email: `${name}@example.org`, password: "a few words to remember" };
  const { user } = given(await api.POST("/api/auth/register", { body: { ...who, username: name, full_name: "Ada King" } }));
  const { access_token } = given(await api.POST("/api/auth/login", { body: who }));
  const headers = bearer(access_token);
  const opened = given(await api.POST("/api/conversations", { body: {}, headers }));
  const listed = given(await api.GET("/api/conversations", { params: { query: { limit: 10 } }, headers }));
  const changed = given(await api.PATCH("/api/auth/me", { body: { bio: "I count" }, headers }));
  return {
    owner: opened.conversation.user === user.id,
    listed: listed.items.length,
    profile: [changed.username === name, changed.full_name, changed.bio],
  };
}

async function refused() {
  const { error, response } = await api.GET("/api/auth/me", { headers: bearer("nobody") });
  return [response.status, error?.type];
}

// What the document does not allow does not compile.
export const mistakes = [
  // @ts-expect-error a message has content
  () => api.POST("/api/chat", { body: { message: {} } }),
  // @ts-expect-error there is no such state
  () => api.GET("/api/conversations", { params: { query: { state: "asleep" } } }),
];

console.log(JSON.stringify({ chat: await chat(), user: await signIn(`user-${Date.now()}`), refused: await refused() }));
