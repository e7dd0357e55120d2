// An app of Slack's own framework, as those would write it who take decisions with it: what it accepts, refuses and answers is
// what jit-server must. Arguments: the signing secret, and where a Slack API is. Prints its port, then each thing that was done
// to it as a line of JSON.
import {createRequire} from "node:module";

const require = createRequire(process.env.JIT_PEERS_DIR + "/");
const {App, HTTPReceiver, LogLevel} = require("@slack/bolt");

const [signingSecret, slackApiUrl] = process.argv.slice(2);
const receiver = new HTTPReceiver({signingSecret, endpoints: ["/v1/slack"], logLevel: LogLevel.ERROR});
const app = new App({
  receiver,
  authorize: async () => ({botToken: "xoxb-bolt", botId: "B1", botUserId: "U1"}),
  clientOptions: {slackApiUrl},
  logLevel: LogLevel.ERROR,
});
const tell = (what) => console.log(JSON.stringify(what));

app.action(/^jit_/, async ({ack, action, body, client}) => {
  await ack();
  tell({action: action.action_id, value: action.value, user: body.user.id, team: body.team.id});
  if (action.action_id !== "jit_deny") return;
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {type: "modal", callback_id: "jit_deny", title: {type: "plain_text", text: "Deny"}, blocks: []},
  });
});
app.view("jit_deny", async ({ack, body, view}) => {
  const reason = view.state.values.reason.reason.value ?? "";
  if (reason.trim() === "") {
    await ack({response_action: "errors", errors: {reason: "say why: the requester reads it"}});
  } else {
    await ack();
  }
  tell({reason, for: view.private_metadata, user: body.user.id});
});

const server = await app.start({port: 0, host: "127.0.0.1"});
console.log("port " + server.address().port);
