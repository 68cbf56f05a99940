// An app that costs next to nothing: the same answer to each request without a body, on a port of loopback. Argument: the port.
import { createServer } from "node:net";

const ANSWER = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nok\n";

createServer((socket) => {
  let head = "";
  socket.setNoDelay(true);
  socket.setEncoding("latin1");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    head += chunk;
    if (!head.endsWith("\r\n\r\n")) return;
    head = "";
    socket.write(ANSWER);
  });
}).listen(Number(process.argv.at(-1)), "127.0.0.1", () => process.send?.("ready"));
