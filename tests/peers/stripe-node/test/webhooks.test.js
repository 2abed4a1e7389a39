// Events as they arrive: signed, retried, and spoiled on demand.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Hook } from '../support/hook.js';
import { Sandbox, Stripe, card, submit } from '../support/sandbox.js';
import { run } from '../../../node/program.mjs';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

async function listening(types) {
  const stripe = sandbox.stripe();
  const hook = await Hook.start();
  const endpoint = await hook.register(stripe, types);
  return { stripe, hook, endpoint, create: (name) => stripe.customers.create({ name }) };
}

describe('webhook endpoints', () => {
  test('are created, changed, listed and deleted', async () => {
    const stripe = sandbox.stripe();
    const made = await stripe.webhookEndpoints.create({
      url: 'https://shop.example/hook', enabled_events: ['customer.created'], description: 'one', metadata: { k: 'v' },
    });
    assert.match(made.secret, /^whsec_/);
    const changed = await stripe.webhookEndpoints.update(made.id, { enabled_events: ['*'], disabled: true });
    assert.deepEqual([changed.status, changed.enabled_events], ['disabled', ['*']]);
    assert.equal(changed.secret, undefined);
    assert.equal((await stripe.webhookEndpoints.list()).data[0].id, made.id);
    assert.equal((await stripe.webhookEndpoints.del(made.id)).deleted, true);
    await assert.rejects(stripe.webhookEndpoints.retrieve(made.id), { code: 'resource_missing' });
  });
});

describe('deliveries', () => {
  test('a sale is told in order, each event signed for constructEvent', async () => {
    const { stripe, hook } = await listening(['*']);
    const session = await stripe.checkout.sessions.create({
      mode: 'payment', success_url: 'https://shop.example/',
      line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 1000, product_data: { name: 'x' } } }],
    });
    await submit(session.url, card());
    const told = await hook.until('checkout.session.completed');
    assert.ok(told.every((one) => one.event), 'every signature is right');
    const types = told.map((one) => one.event.type);
    for (const type of ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded']) {
      assert.ok(types.includes(type), type);
    }
    const { event } = told.at(-1);
    assert.equal(event.data.object.id, session.id);
    assert.deepEqual((await stripe.events.retrieve(event.id)).data.object, event.data.object);
    hook.end();
  });

  test('an update tells what was there before', async () => {
    const { stripe, hook, create } = await listening(['customer.updated', 'customer.deleted']);
    const { id } = await create('Ada');
    await stripe.customers.update(id, { name: 'Eve' }, { idempotencyKey: 'key-1' });
    const { event } = await hook.next();
    assert.deepEqual(event.data.previous_attributes, { name: 'Ada' });
    assert.equal(event.request.idempotency_key, 'key-1');
    await stripe.customers.del(id);
    assert.equal((await hook.next()).event.type, 'customer.deleted');
    hook.end();
  });

  test('what is refused comes again', async () => {
    const { stripe, hook, create } = await listening(['customer.created']);
    hook.answerWith(500, 302);
    await create('Ada');
    const ids = [];
    for (let i = 0; i < 3; ++i) ids.push((await hook.next()).event.id);
    assert.equal(new Set(ids).size, 1);
    await sandbox.control('POST', 'tick');
    assert.equal((await stripe.events.retrieve(ids[0])).pending_webhooks, 0);
    hook.end();
  });

  test('a changed body or secret does not verify', async () => {
    const { hook, create } = await listening(['customer.created']);
    await create('Ada');
    const { body, signature } = await hook.next();
    const refused = Stripe.errors.StripeSignatureVerificationError;
    assert.throws(() => Stripe.webhooks.constructEvent(`${body} `, signature, hook.secret), refused);
    assert.throws(() => Stripe.webhooks.constructEvent(body, signature, 'whsec_other'), refused);
    hook.end();
  });
});

describe('faults', () => {
  test('twice, never, late', async () => {
    const { hook, create } = await listening(['customer.created']);
    await sandbox.fault({ kind: 'webhook_duplicate' });
    await create('twice');
    const [one, two] = [await hook.next(), await hook.next()];
    assert.equal(one.event.id, two.event.id);
    await sandbox.fault({ kind: 'webhook_lose' });
    await create('lost');
    await sandbox.fault({ kind: 'webhook_delay', delay_ms: '300' });
    await create('late');
    await create('early');
    const names = [(await hook.next()).event.data.object.name, (await hook.next()).event.data.object.name];
    assert.deepEqual(names, ['early', 'late']);
    hook.end();
  });

  test('forged and too old: constructEvent refuses them', async () => {
    const { hook, create } = await listening(['customer.created']);
    await sandbox.fault({ kind: 'webhook_forge' });
    await create('forged');
    const forged = await hook.next();
    assert.match(forged.problem.message, /No signatures found matching/);
    assert.equal((await hook.next()).event.id, forged.claimed.id);
    await sandbox.fault({ kind: 'webhook_replay' });
    await create('replayed');
    const { event } = await hook.next();
    const replayed = await hook.next();
    assert.match(replayed.problem.message, /Timestamp outside the tolerance zone/);
    assert.deepEqual(replayed.claimed, JSON.parse(JSON.stringify(event)));
    hook.end();
  });

  test('for another account or livemode: signed, but not the receiver’s', async () => {
    const { hook, create } = await listening(['customer.created']);
    await sandbox.fault({ kind: 'webhook_account' });
    await create('one');
    assert.match((await hook.next()).event.account, /^acct_/);
    assert.equal((await hook.next()).event.account, undefined);
    await sandbox.fault({ kind: 'webhook_livemode' });
    await create('two');
    assert.equal((await hook.next()).event.livemode, true);
    assert.equal((await hook.next()).event.livemode, false);
    hook.end();
  });
});

describe('purser sandbox replay', () => {
  test('sends events again, all or chosen ones', async () => {
    const { stripe, hook, create } = await listening(['customer.created', 'customer.updated']);
    const customer = await create('Ada');
    await stripe.customers.update(customer.id, { name: 'Eve' });
    await sandbox.fault({ kind: 'webhook_lose' });
    await create('lost');
    const first = await hook.next();
    const second = await hook.next();
    const replay = async (...words) => {
      const { code, out, problems } = await run(['sandbox', 'replay', '--url', sandbox.url, '--json', ...words]);
      return code === 0 ? JSON.parse(out) : problems;
    };
    assert.deepEqual(await replay(first.event.id), { events: 1, deliveries: 1 });
    assert.deepEqual((await hook.next()).event.id, first.event.id);
    await replay('--type', 'customer.updated');
    // Every account's events are sent again; those of this one come here.
    assert.equal((await hook.next()).event.id, second.event.id);
    await replay('--undelivered');
    assert.equal((await hook.next()).event.data.object.name, 'lost');
    await replay('--since', String(first.event.created));
    const again = [];
    for (let i = 0; i < 3; ++i) again.push((await hook.next()).event.type);
    assert.deepEqual(again, ['customer.created', 'customer.updated', 'customer.created']);
    assert.match(await replay('evt_no'), /No such event/);
    const plain = await run(['sandbox', 'replay', '--url', sandbox.url, first.event.id]);
    assert.match(plain.out, /^1 events were sent again, in 1 deliveries\.$/m);
    const nobody = await run(['sandbox', 'replay', '--url', 'http://127.0.0.1:1']);
    assert.equal(nobody.code, 1);
    hook.end();
  });
});
