// Sends messages to an echo with the package `ws`, and compares what comes back: node compressed_echo.mjs PACKAGE URL OFFER

import assert from "node:assert/strict";
import { once } from "node:events";

const [, , path, url, offer] = process.argv;
const { default: WebSocket } = await import(path);
const messages = ["", "hello", "žluťoučký kůň 🐟 ".repeat(100), Buffer.alloc(100_000, "ab"), "x".repeat(2_000_000)];

const socket = new WebSocket(url, { perMessageDeflate: JSON.parse(offer) });
const echoes = [];
socket.on("message", (data, isBinary) => echoes.push(isBinary ? data : data.toString()));
await once(socket, "open");
assert.match(socket.extensions, /permessage-deflate/);
for (const message of messages) socket.send(message);
while (echoes.length < messages.length) await once(socket, "message");
assert.deepEqual(echoes, messages);
socket.close(1000);
const [code] = await once(socket, "close");
console.log(`${echoes.length} echoes, closed with ${code}`);
