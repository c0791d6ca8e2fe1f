// Stripe's own library signs (`sign`) and reads (`read`) webhook events.
// Requests come as one JSON list on standard input; the answers leave as one.
const Stripe = require("stripe");
const stripe = new Stripe("sk_test_foreign");

const acts = {
  sign: ({ payload, secret, timestamp }) =>
    stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }),
  read: ({ payload, header, secret, receivedAt }) => {
    try {
      return stripe.webhooks.constructEvent(payload, header, secret, 300, undefined, receivedAt).id;
    } catch (error) {
      return error.type;
    }
  },
};

let sent = "";
process.stdin.on("data", (part) => (sent += part));
process.stdin.on("end", () => {
  const answers = JSON.parse(sent).map(({ act, ...rest }) => acts[act](rest));
  process.stdout.write(JSON.stringify(answers));
});
