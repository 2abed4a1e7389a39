// The sandbox, and the unmodified stripe package pointed at it.
import Stripe from 'stripe';
import { Program } from '../../../node/program.mjs';
import { recordingClient } from './record.js';

export { Stripe };

let keys = 0;

/** The package pointed at a sandbox. A key that nobody used before opens an account of its own. */
export function stripeAt(url, key = `sk_test_peer_${process.pid}_${++keys}`, options = {}) {
  const { hostname, port } = new URL(url);
  return new Stripe(key, {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: recordingClient(Stripe),
    ...options,
  });
}

/** A running `purser sandbox`. */
export class Sandbox {
  #program;

  static async start(...words) {
    const sandbox = new Sandbox();
    const where = words.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    sandbox.#program = await Program.start(['sandbox', ...where, ...words], /serves on (http:\S+)/);
    sandbox.url = sandbox.#program.match[1];
    return sandbox;
  }

  stripe(key, options) {
    return stripeAt(this.url, key, options);
  }

  /** A request to /_sandbox/…, which is no part of Stripe. */
  async control(method, path, form = {}) {
    const response = await fetch(`${this.url}/_sandbox/${path}`, {
      method,
      body: method === 'POST' ? new URLSearchParams(form) : undefined,
    });
    const document = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(document)}`);
    return document;
  }

  fault(form) {
    return this.control('POST', 'faults', form);
  }

  end(signal) {
    return this.#program.end(signal);
  }
}

/** Fills the form of a hosted page; answers { status, location, text }. */
export async function submit(url, form) {
  const response = await fetch(url, {
    method: 'POST', body: new URLSearchParams(form), redirect: 'manual',
  });
  return {
    status: response.status, location: response.headers.get('location'), text: await response.text(),
  };
}

/** What a buyer types who pays with a test card. */
export function card(number = '4242424242424242') {
  return { number, expiry: '12 / 34', cvc: '123', name: 'Ada Buyer', email: 'ada@example.com' };
}
