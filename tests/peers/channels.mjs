// Reads what jit-notify has sent, as JSON on standard input, with the libraries of who receives it:
//   {"webhooks": [{"secret", "headers", "body"}], "cards": [card]}
// Prints {"events": [event as CloudEvents' SDK reads it], "cards": [what its schema finds wrong]}.
import {createRequire} from "node:module";
import {readFileSync} from "node:fs";

const require = createRequire(process.env.JIT_PEERS_DIR + "/");
const {Webhook} = require("standardwebhooks");
const {HTTP} = require("cloudevents");
const {AdaptiveCard, SerializationContext} = require("adaptivecards/dist/adaptivecards.js");

const {webhooks, cards} = JSON.parse(readFileSync(0, "utf8"));
const events = webhooks.map(({secret, headers, body}) => {
  new Webhook(secret).verify(body, headers);
  let refused = false;
  try {
    new Webhook(secret).verify(body + " ", headers);
  } catch {
    refused = true;
  }
  if (!refused) throw new Error("a body that was changed verifies, too");
  const event = HTTP.toEvent({headers, body});
  event.validate();
  return event.toJSON();
});
const problems = cards.map((json) => {
  const context = new SerializationContext();
  const card = new AdaptiveCard();
  card.parse(json, context);
  const found = [];
  for (let i = 0; i < context.eventCount; ++i) found.push(context.getEventAt(i).message);
  for (const one of card.validateProperties().validationEvents) found.push(one.message);
  if (card.getItemCount() !== json.body.length) found.push("not every element was read");
  return found;
});
console.log(JSON.stringify({events, cards: problems}));
