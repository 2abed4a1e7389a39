// `purser sandbox` alone: its address, its seed, and the state that it keeps in a file.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Hook } from '../support/hook.js';
import { run } from '../../../node/program.mjs';
import { Sandbox, card, submit } from '../support/sandbox.js';

const folder = mkdtempSync(join(tmpdir(), 'purser-peer-'));
after(() => rmSync(folder, { recursive: true }));

const key = 'sk_test_state';

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`the state survives ${signal}`, async () => {
    const words = ['--state', join(folder, `${signal}.json`), '--seed', '7'];
    let sandbox = await Sandbox.start(...words);
    let stripe = sandbox.stripe(key);
    const hook = await Hook.start();
    await hook.register(stripe, ['customer.created']);
    const session = await stripe.checkout.sessions.create({
      mode: 'payment', success_url: 'https://shop.example/',
      line_items: [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 1000, product_data: { name: 'x' } } }],
    });
    const made = [];
    for (let i = 0; i < 20; ++i) {
      made.unshift((await stripe.customers.create({ name: `n${i}` }, { idempotencyKey: `key-${i}` })).id);
      await hook.next();
    }
    await sandbox.fault({ kind: 'webhook_delay', delay_ms: '600000' });
    const unsent = await stripe.customers.create({ name: 'unsent' });
    made.unshift(unsent.id);
    await sandbox.end(signal);

    sandbox = await Sandbox.start(...words);
    stripe = sandbox.stripe(key);
    const ids = [];
    for await (const customer of stripe.customers.list({ limit: 7 })) ids.push(customer.id);
    assert.deepEqual(ids, made);
    const again = await stripe.customers.create({ name: 'n3' }, { idempotencyKey: 'key-3' });
    assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal((await hook.next()).event.data.object.id, unsent.id, 'what was not sent yet is sent');
    const open = await stripe.checkout.sessions.retrieve(session.id);
    assert.equal(open.url, `${sandbox.url}/c/pay/${session.id}`);
    assert.equal((await submit(open.url, card())).status, 303);
    assert.ok(!made.includes((await stripe.customers.create({ name: 'new' })).id), 'ids go on');
    await sandbox.end();
    hook.end();
  });
}

test('faults and a clock that was set survive a SIGKILL', async () => {
  const words = ['--state', join(folder, 'armed.json')];
  let sandbox = await Sandbox.start(...words);
  await sandbox.fault({ kind: '409', path: '/v1/customers', count: '2' });
  await assert.rejects(sandbox.stripe(key).customers.create({ name: 'x' }), { statusCode: 409 });
  assert.equal((await sandbox.control('POST', 'clock', { now: '1900000000' })).now, 1900000000);
  await sandbox.end('SIGKILL');

  sandbox = await Sandbox.start(...words);
  assert.equal((await sandbox.control('GET', 'faults')).faults[0].count, 1);
  await assert.rejects(sandbox.stripe(key).customers.create({ name: 'x' }), { statusCode: 409 });
  assert.equal((await sandbox.stripe(key).customers.create({ name: 'x' })).created, 1900000000);
  await assert.rejects(sandbox.control('POST', 'clock', { now: '1800000000' }), /only goes forward/);
  await sandbox.end();
});

test('a line that was cut off by the end is forgotten, and a strange file is refused', async () => {
  const file = join(folder, 'cut');
  let sandbox = await Sandbox.start('--state', file);
  const one = await sandbox.stripe(key).customers.create({ name: 'kept' });
  await sandbox.end('SIGKILL');
  assert.equal(statSync(file).mode & 0o077, 0, 'webhook secrets are in it');
  writeFileSync(file, '[{"in":"acct', { flag: 'a' });
  sandbox = await Sandbox.start('--state', file);
  assert.equal((await sandbox.stripe(key).customers.retrieve(one.id)).name, 'kept');
  const second = await run(['sandbox', '--listen', '127.0.0.1:0', '--state', file]);
  assert.equal(second.code, 1);
  assert.match(second.problems, /used by another process/);
  await sandbox.end();

  const strange = join(folder, 'strange');
  writeFileSync(strange, 'hello\n');
  const refused = await run(['sandbox', '--listen', '127.0.0.1:0', '--state', strange]);
  assert.equal(refused.code, 1);
  assert.match(refused.problems, /is not a sandbox's state file/);
  assert.equal(readFileSync(strange, 'utf8'), 'hello\n');
});

test('the seed decides every id', async () => {
  const ids = [];
  for (const seed of ['7', '7', '8']) {
    const sandbox = await Sandbox.start('--seed', seed);
    ids.push((await sandbox.stripe(key).customers.create({ name: 'x' })).id);
    await sandbox.end();
  }
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[1], ids[2]);
});

test('--listen is kept to, and without a state file nothing stays', async () => {
  const file = join(folder, 'ready');
  const first = await Sandbox.start('--ready-file', file);
  const { url, pid } = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(url, first.url);
  assert.ok(pid > 0);
  const { host } = new URL(first.url);
  const taken = await run(['sandbox', '--listen', host]);
  assert.equal(taken.code, 1);
  await first.stripe(key).customers.create({ name: 'x' });
  await first.end();
  const second = await Sandbox.start('--listen', host);
  assert.equal(second.url, first.url);
  assert.equal((await second.stripe(key).customers.list()).data.length, 0);
  await second.end();
  assert.equal((await run(['sandbox', '--listen', 'nowhere'])).code, 1);
});
