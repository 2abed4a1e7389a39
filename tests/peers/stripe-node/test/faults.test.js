// The package's own retries against the sandbox's faults: each thing is done once, whatever happens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Sandbox, Stripe } from '../support/sandbox.js';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

const { errors } = Stripe;
const customers = async (stripe) => (await stripe.customers.list()).data.length;

for (const [kind, retries] of [['drop', 2], ['409', 2], ['429', 2], ['freeze', 2]]) {
  test(`${kind}: a retry gets through, and one customer is made`, async () => {
    const stripe = sandbox.stripe(undefined, { maxNetworkRetries: retries });
    await sandbox.fault({ kind, path: '/v1/customers', method: 'POST', delay_ms: '10' });
    const customer = await stripe.customers.create({ name: kind });
    assert.equal(customer.name, kind);
    assert.equal(await customers(stripe), 1);
  });
}

test('a refusal that goes on is told as what it is', async () => {
  const stripe = sandbox.stripe();
  await sandbox.fault({ kind: '429', retry_after: '7' });
  await assert.rejects(customers(stripe), (error) => {
    assert.ok(error instanceof errors.StripeRateLimitError);
    assert.equal(error.headers['retry-after'], '7');
    assert.equal(error.headers['stripe-should-retry'], 'true');
    return true;
  });
  await sandbox.fault({ kind: '409' });
  await assert.rejects(customers(stripe), { statusCode: 409, code: 'lock_timeout' });
  await sandbox.fault({ kind: '500' });
  await assert.rejects(customers(stripe), errors.StripeAPIError);
  await sandbox.fault({ kind: 'drop', count: '2' });
  await assert.rejects(customers(stripe), errors.StripeConnectionError);
  await sandbox.control('DELETE', 'faults');
});

test('a 500 is replayed to every retry, before and after the effect', async () => {
  for (const [kind, made] of [['500', 0], ['500_after', 1]]) {
    const stripe = sandbox.stripe(undefined, { maxNetworkRetries: 2 });
    await sandbox.fault({ kind, method: 'POST' });
    await assert.rejects(stripe.customers.create({ name: 'x' }), errors.StripeAPIError);
    assert.equal(await customers(stripe), made);
    assert.equal((await sandbox.control('GET', 'faults')).faults.length, 0);
  }
});

test('garbage is an error, and the same key finds what was done', async () => {
  const stripe = sandbox.stripe();
  const options = { idempotencyKey: 'key-1' };
  await sandbox.fault({ kind: 'garbage' });
  await assert.rejects(stripe.customers.create({ name: 'x' }, options), (error) => {
    assert.ok(error instanceof errors.StripeAPIError);
    assert.match(error.message, /Invalid JSON/);
    return true;
  });
  assert.equal((await stripe.customers.create({ name: 'x' }, options)).name, 'x');
  assert.equal(await customers(stripe), 1);
});

test('a huge body is read to its end', async () => {
  const stripe = sandbox.stripe();
  await sandbox.fault({ kind: 'huge', bytes: String(20 * 1024 * 1024) });
  assert.equal((await stripe.customers.create({ name: 'x' })).name, 'x');
});

test('a late answer is a timeout, and its key is in use meanwhile', async () => {
  const stripe = sandbox.stripe(undefined, { timeout: 150 });
  const options = { idempotencyKey: 'key-1' };
  await sandbox.fault({ kind: 'delay', delay_ms: '3000', method: 'POST' });
  await assert.rejects(stripe.customers.create({ name: 'x' }, options), errors.StripeConnectionError);
  await assert.rejects(stripe.customers.create({ name: 'x' }, options), (error) => {
    assert.ok(error instanceof errors.StripeIdempotencyError);
    assert.deepEqual([error.statusCode, error.code], [409, 'idempotency_key_in_use']);
    return true;
  });
  assert.equal(await customers(stripe), 1);
});

test('faults strike by path, method, count and chance, and can be called off', async () => {
  const stripe = sandbox.stripe();
  await sandbox.fault({ kind: '500', path: '/v1/products', method: 'POST', count: '2' });
  await stripe.products.list();
  await stripe.customers.list();
  for (let i = 0; i < 2; ++i) await assert.rejects(stripe.products.create({ name: 'x' }), errors.StripeAPIError);
  await stripe.products.create({ name: 'x' });
  await sandbox.fault({ kind: '500', probability: '50', count: '1000' });
  let failed = 0;
  for (let i = 0; i < 40; ++i) await stripe.customers.list().catch(() => ++failed);
  assert.ok(failed > 0 && failed < 40, `${failed} of 40`);
  await sandbox.control('DELETE', 'faults');
  for (let i = 0; i < 10; ++i) await stripe.customers.list();
  await assert.rejects(sandbox.fault({ kind: 'nonsense' }), /must be one of drop, .*webhook_livemode/);
});
