import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { lockMachine } from "../../lab/machineLock.ts";

describe("the machine's lock", () => {
  const address = { host: "127.30.0.254", port: 6400 };

  it("tells the second lab the folder and process of the first", async () => {
    const release = await lockMachine("/home/anna/federation/.lab", address);
    await assert.rejects(
      lockMachine("/home/ben/federation/.lab", address),
      new RegExp(`running already in /home/anna/federation/\\.lab \\(process ${process.pid}\\)`),
    );
    await release();
  });

  it("can be taken again once released", async () => {
    await (
      await lockMachine("/one", address)
    )();
    await (
      await lockMachine("/two", address)
    )();
  });

  it("is released though somebody who asked is still connected, and said something", async () => {
    const release = await lockMachine("/one", address);
    const socket = connect({ ...address, allowHalfOpen: true });
    socket.write("who is there?\n");
    const answer = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /"dir":"\/one"/);
    await release();
    socket.on("error", () => undefined).destroy();
  });

  it("says so when another program has its address", async () => {
    const other = createServer((socket) => socket.end("220 ftp ready"));
    await once(other.listen(address), "listening");
    await assert.rejects(lockMachine("/one", address), /another program listens on 127\.30\.0\.254:6400/);
    other.close();
  });
});
