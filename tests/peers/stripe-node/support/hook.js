// A local server that receives webhooks and verifies them as the package's users do.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Stripe } from './sandbox.js';
import { record } from './record.js';

export class Hook {
  #server;
  #arrived = [];
  #waiting = [];
  #statuses = [];
  secret = '';

  static async start() {
    const hook = new Hook();
    hook.#server = createServer((request, response) => hook.#receive(request, response));
    hook.#server.listen(0, '127.0.0.1');
    hook.#server.unref(); // a failed test leaves it open
    await once(hook.#server, 'listening');
    hook.url = `http://127.0.0.1:${hook.#server.address().port}/hook`;
    return hook;
  }

  /** Registers the server as an endpoint. */
  async register(stripe, types = ['*'], more = {}) {
    const endpoint = await stripe.webhookEndpoints.create({
      url: this.url, enabled_events: types, ...more,
    });
    this.secret = endpoint.secret;
    return endpoint;
  }

  /** The next deliveries are answered with these statuses instead of 200. */
  answerWith(...statuses) {
    this.#statuses.push(...statuses);
  }

  async #receive(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const delivery = { body, signature: request.headers['stripe-signature'] };
    try {
      delivery.event = Stripe.webhooks.constructEvent(body, delivery.signature, this.secret);
      record(delivery.event, '/webhook');
    } catch (problem) {
      delivery.problem = problem;
      delivery.claimed = JSON.parse(body.toString());
    }
    response.statusCode = this.#statuses.shift() ?? (delivery.problem ? 400 : 200);
    response.end();
    const waiting = this.#waiting.shift();
    if (waiting) waiting(delivery);
    else this.#arrived.push(delivery);
  }

  /** The next delivery: { body, signature, event } or, where it was refused, { …, problem, claimed }. */
  next() {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error('no webhook came')), 60_000);
      this.#waiting.push((delivery) => {
        clearTimeout(patience);
        resolve(delivery);
      });
    });
  }

  /** Deliveries until one of this type has come, that one last. */
  async until(type) {
    const deliveries = [];
    do deliveries.push(await this.next());
    while ((deliveries.at(-1).event ?? deliveries.at(-1).claimed).type !== type);
    return deliveries;
  }

  end() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
