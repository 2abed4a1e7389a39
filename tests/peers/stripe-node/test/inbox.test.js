// Purser's own inbox for Stripe's events: signatures that the stripe package makes are accepted, and
// whatever was tampered with is not.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Program, run } from '../../../node/program.mjs';
import { Stripe, card, stripeAt, submit } from '../support/sandbox.js';

const folder = mkdtempSync(join(tmpdir(), 'purser-peer-'));
const data = join(folder, 'data');
const catalog = new URL('../../../../examples/catalog.yaml', import.meta.url).pathname;
const stripeKey = 'sk_test_purser_inbox';
const secrets = ['whsec_peer_first', 'whsec_peer_second'];
let sandbox;
let server;
let keys;

before(async () => {
  sandbox = await Program.start(['sandbox', '--listen', '127.0.0.1:0'], /serves on (http:\S+)/);
  server = await Program.start(
    ['serve', '--data', data, '--listen', '127.0.0.1:0', '--stripe-base-url', sandbox.match[1]],
    /serves on (http:\S+)/,
    { PURSER_STRIPE_SECRET_KEY: stripeKey, PURSER_STRIPE_WEBHOOK_SECRET: secrets.join(',') });
  const made = await run(['project', 'create', 'Shop', '--id', 'shop', '--json', '--data', data]);
  assert.equal(made.code, 0, made.problems);
  keys = JSON.parse(made.out);
  const applied = await run(['catalog', 'apply', catalog, '--project', 'shop', '--data', data]);
  assert.equal(applied.code, 0, applied.problems);
});
after(async () => {
  await server?.end();
  await sandbox?.end();
  rmSync(folder, { recursive: true });
});

async function call(method, path, key, document) {
  const response = await fetch(`${server.match[1]}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: document && JSON.stringify(document),
  });
  const answer = await response.json();
  assert.ok(response.ok, `${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function deliver(payload, signature) {
  const response = await fetch(`${server.match[1]}/webhooks/stripe/shop`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(signature && { 'stripe-signature': signature }) },
    body: payload,
  });
  await response.arrayBuffer();
  return response.status;
}

const inbox = async () => (await call('GET', '/webhooks/stripe/inbox', keys.super_secret_admin_key)).items;
const sign = (payload, secret = secrets[0], more = {}) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, ...more });

/** A paid checkout, about which no webhook came: its event, as the package reads it. */
async function paidEvent(user) {
  const stripe = stripeAt(sandbox.match[1], stripeKey);
  await call('POST', '/users', keys.secret_server_key, { id: user });
  const { url } = await call('POST', `/customers/user/${user}/checkout`, keys.secret_server_key, {
    product_id: 'credits-1000',
  });
  await submit(url, card());
  const { data: events } = await stripe.events.list({ type: 'checkout.session.completed' });
  return events[0];
}

async function credits(user) {
  const path = `/customers/user/${user}/items/credits`;
  return (await call('GET', path, keys.secret_server_key)).quantity;
}

describe('the inbox of purser serve', () => {
  test('takes what generateTestHeaderString signed, once, with either secret', async () => {
    for (const secret of secrets) {
      const user = `user-of-${secret}`;
      const event = await paidEvent(user);
      assert.equal(await credits(user), 0);
      const payload = JSON.stringify(event, null, 2);
      assert.equal(await deliver(payload, sign(payload, secret)), 200);
      assert.equal(await deliver(payload, sign(payload, secret)), 200, 'again: taken, not kept twice');
      while ((await credits(user)) === 0) await new Promise(setImmediate);
      assert.equal(await credits(user), 1000);
      assert.equal((await inbox()).filter((one) => one.event_id === event.id).length, 1);
    }
  });

  test('takes an event of a type that it does not know', async () => {
    const event = { ...(await paidEvent('somebody')), id: 'evt_unknown', type: 'unicorn.created' };
    const payload = JSON.stringify(event);
    assert.equal(await deliver(payload, sign(payload)), 200);
  });

  test('refuses what was tampered with, and keeps nothing of it', async () => {
    const event = await paidEvent('victim');
    const payload = JSON.stringify(event);
    const now = Math.floor(Date.now() / 1000);
    const before = (await inbox()).length;
    const good = sign(payload);
    const v0 = good.replace('v1=', 'v0=');
    for (const [what, body, signature] of [
      ['another body', payload.replace('"livemode":false', '"livemode":true'), good],
      ['a body with a space more', `${payload} `, good],
      ['another secret', payload, sign(payload, 'whsec_stranger')],
      ['an old time', payload, sign(payload, secrets[0], { timestamp: now - 301 })],
      ['a future time', payload, sign(payload, secrets[0], { timestamp: now + 400 })],
      ['another time than was signed', payload, good.replace(/t=\d+/, `t=${now - 5}`)],
      ['only a v0 signature', payload, v0],
      ['a cut signature', payload, good.slice(0, -1)],
      ['no signature', payload, undefined],
      ['an empty signature', payload, ''],
      ['nonsense', payload, 'hello'],
    ]) {
      assert.notEqual(body + signature, payload + good, what);
      assert.equal(await deliver(body, signature), 400, what);
    }
    assert.equal((await inbox()).length, before);
    assert.equal(await credits('victim'), 0);
    assert.equal(await deliver(payload, good), 200, 'the real one is taken');
  });
});
