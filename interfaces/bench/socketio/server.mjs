// The baseline of the room's benchmarks: Socket.IO's own server with its own defaults, one room,
// everything said in it broadcast to everybody in it, and acknowledged. `node server.mjs HOST PORT`
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { Server } from "socket.io";

const [host, port] = process.argv.slice(2);
const server = createServer();
const io = new Server(server, { transports: ["websocket"] });
let position = 0;

io.on("connection", (socket) => {
  const user = { id: randomUUID(), name: "Guest", role: "guest" };
  socket.join("room");
  socket.on("send", ({ text }, acknowledge) => {
    position += 1;
    const id = randomUUID();
    // What our own frame has, so that as many bytes reach a viewer.
    io.to("room").emit("message", {
      id,
      user,
      text,
      language: "en",
      sent_at: new Date().toISOString(),
      reply_to: null,
      position,
    });
    acknowledge({ id, position });
  });
});
server.listen({ host, port: Number(port), backlog: 4096 });
