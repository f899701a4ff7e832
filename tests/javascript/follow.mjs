// Follows one conversation and reports each step as a line of JSON; commands come as lines on stdin:
// {"rpc": method, "data": …} and {"leave": true}. Arguments: address, token, channel.
import readline from "node:readline";
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";

const [address, token, channel] = process.argv.slice(2);
const report = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const client = new Centrifuge(address, { token, websocket: WebSocket, minReconnectDelay: 50, maxReconnectDelay: 300 });
client.on("disconnected", ({ code, reason }) => report({ disconnected: code, reason }));
client.on("connecting", ({ code }) => code && report({ connecting: code }));

const subscription = client.newSubscription(channel);
subscription.on("subscribed", ({ wasRecovering, recovered }) => report({ subscribed: true, wasRecovering, recovered }));
subscription.on("unsubscribed", ({ code, reason }) => report({ unsubscribed: code, reason }));
subscription.on("publication", ({ data }) => report({ data }));
subscription.subscribe();
client.connect();

for await (const line of readline.createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (said.leave) break;
  try {
    report({ result: (await client.rpc(said.rpc, said.data)).data });
  } catch ({ code, message, temporary }) {
    report({ error: code, message, temporary });
  }
}
client.disconnect();
