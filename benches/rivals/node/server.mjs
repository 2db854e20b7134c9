// `ws`, which most programs on Node use.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const echo = new WebSocketServer({ noServer: true, perMessageDeflate: false });
echo.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));

const feed = new WebSocketServer({ noServer: true, perMessageDeflate: false });
feed.on("connection", (socket) =>
  socket.on("message", (data) => {
    for (const client of feed.clients) client.send(data, { binary: false });
  }),
);

const server = createServer();
server.on("upgrade", (request, socket, head) => {
  const all = request.url === "/feed" ? feed : echo;
  all.handleUpgrade(request, socket, head, (client) => all.emit("connection", client));
});
server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
