// A WebSocket server of a page of code, for what a real one does not do on demand: it says what a test tells it to.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

function frame(opcode, payload) {
  const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head]), payload]);
}

/** One accepted connection. */
class Peer {
  #buffer = Buffer.alloc(0);
  received = [];
  #waiting = [];

  constructor(request, stream) {
    this.url = request.url;
    this.stream = stream;
    stream.on("data", (data) => this.#read(data));
    stream.on("error", () => {});
  }

  #read(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    while (this.#buffer.length >= 2) {
      const short = this.#buffer[1] & 127;
      const head = short === 126 ? 4 : 2;
      if (this.#buffer.length < head) return;
      const length = short === 126 ? this.#buffer.readUInt16BE(2) : short;
      if (this.#buffer.length < head + 4 + length) return;
      const mask = this.#buffer.subarray(head, head + 4);
      const payload = Buffer.from(this.#buffer.subarray(head + 4, head + 4 + length).map((byte, at) => byte ^ mask[at % 4]));
      const opcode = this.#buffer[0] & 15;
      this.#buffer = this.#buffer.subarray(head + 4 + length);
      if (opcode === 8) {
        this.code = payload.length ? payload.readUInt16BE(0) : 1005;
        this.stream.end(frame(8, payload));
      } else {
        this.received.push(payload.toString());
        this.#waiting.shift()?.();
      }
    }
  }

  async next() {
    if (!this.received.length) await new Promise((resolve) => this.#waiting.push(resolve));
    return this.received.shift();
  }

  send(message) {
    this.stream.write(frame(1, Buffer.from(typeof message === "string" ? message : JSON.stringify(message))));
  }

  close(code, reason = "") {
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    this.stream.end(frame(8, payload));
  }

  cut() {
    this.stream.destroy();
  }
}

/** `answer(request)` gives `undefined` to accept, or a refusal `{ status, body, headers }`. */
export async function serve(answer = () => undefined, port = 0) {
  const peers = [];
  const streams = new Set();
  const waiting = [];
  const asked = [];
  const handshakes = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    const { status = 204, body = "", headers = {} } = answer(request) ?? {};
    response.writeHead(status, headers).end(body);
  });
  server.on("upgrade", (request, stream) => {
    handshakes.push(request.headers);
    const refusal = answer(request);
    streams.add(stream);
    stream.on("error", () => {});
    stream.on("close", () => streams.delete(stream));
    if (refusal === "silence") return;
    if (refusal) return stream.end(`HTTP/1.1 ${refusal.status} No\r\nconnection: close\r\n\r\n`);
    const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + GUID).digest("base64");
    const protocol = request.headers["sec-websocket-protocol"]?.split(",")[0];
    const chosen = protocol ? `sec-websocket-protocol: ${protocol}\r\n` : "";
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n${chosen}\r\n`,
    );
    peers.push(new Peer(request, stream));
    waiting.shift()?.();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    /** The headers of plain requests. */
    asked,
    handshakes,
    /** How many connections are open. */
    get open() {
      return streams.size;
    },
    async peer() {
      if (!peers.length) await new Promise((resolve) => waiting.push(resolve));
      return peers.shift();
    },
    async stop() {
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
