// What benchmarks/chat_server.py does, with Node and the package `ws` as its documents say: node chat_peer.cjs PORT
"use strict";
const { WebSocketServer, WebSocket } = require("ws");

const user = { id: "aaaaaaaaa", displayName: "Somebody", displayColor: 3 };
const server = new WebSocketServer({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096,
                                     perMessageDeflate: false, maxPayload: 16384 });
let said = 0;
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data) => {
    const { body } = JSON.parse(data);
    said += 1;
    const text = JSON.stringify({ id: String(said).padStart(9, "0"), timestamp: new Date().toISOString(), type: "CHAT",
                                  body: `<p>${body}</p>`, user });
    for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send(text);
  });
});
