// A mail server that wants STARTTLS and a password; prints its port, then each mail as a line of JSON.
//   node mail.mjs KEY-AND-CERTIFICATE
import {createRequire} from "node:module";
import {readFileSync} from "node:fs";

const require = createRequire(process.env.JIT_PEERS_DIR + "/");
const {SMTPServer} = require("smtp-server");

const pem = readFileSync(process.argv[2]);
const server = new SMTPServer({
  key: pem,
  cert: pem,
  authOptional: false,
  onAuth: ({username, password}, session, done) =>
    username === "jit" && password === "hunter2" && session.secure ? done(null, {user: username}) : done(new Error("no")),
  onData: (stream, session, done) => {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      const {mailFrom, rcptTo} = session.envelope;
      console.log(JSON.stringify({from: mailFrom.address, to: rcptTo.map((one) => one.address),
        text: Buffer.concat(parts).toString("latin1")}));
      done();
    });
  },
});
server.listen(0, "127.0.0.1", () => console.log("port " + server.server.address().port));
