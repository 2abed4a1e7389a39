// Products, prices and checkout in its three modes, paid on the hosted page.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Sandbox, Stripe, card, submit } from '../support/sandbox.js';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

const urls = {
  success_url: 'https://shop.example/done?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://shop.example/cart',
};
const credits = (amount = 1000, more = {}) => ({
  quantity: 2,
  price_data: { currency: 'usd', unit_amount: amount, product_data: { name: 'Credits', description: 'Many' }, ...more },
});

describe('products and prices', () => {
  test('a product is created, changed, archived and deleted', async () => {
    const stripe = sandbox.stripe();
    const product = await stripe.products.create({
      name: 'Pro', description: 'All of it', metadata: { k: 'v' }, images: ['https://shop.example/pro.png'],
    });
    assert.match(product.id, /^prod_/);
    const updated = await stripe.products.update(product.id, { name: 'Pro 2', active: false });
    assert.deepEqual([updated.name, updated.active], ['Pro 2', false]);
    assert.equal((await stripe.products.list({ active: false })).data.length, 1);
    assert.equal((await stripe.products.list({ ids: [product.id] })).data.length, 1);
    const named = await stripe.products.create({ id: 'my-own', name: 'Mine' });
    assert.equal((await stripe.products.retrieve('my-own')).name, named.name);
    await assert.rejects(stripe.products.create({ id: 'my-own', name: 'x' }), { code: 'resource_already_exists' });
    assert.equal((await stripe.products.del('my-own')).deleted, true);
    await assert.rejects(stripe.products.retrieve('my-own'), { code: 'resource_missing' });
  });

  test('a price keeps its amount and changes its words', async () => {
    const stripe = sandbox.stripe();
    const product = await stripe.products.create({ name: 'Pro' });
    const price = await stripe.prices.create({
      product: product.id, currency: 'usd', unit_amount: 1900, nickname: 'monthly', lookup_key: 'pro-monthly',
      recurring: { interval: 'month', interval_count: 3 }, metadata: { k: 'v' },
    });
    assert.deepEqual([price.type, price.recurring.interval_count], ['recurring', 3]);
    const updated = await stripe.prices.update(price.id, { nickname: 'quarterly', active: false });
    assert.deepEqual([updated.nickname, updated.active], ['quarterly', false]);
    assert.equal((await stripe.prices.list({ lookup_keys: ['pro-monthly'] })).data[0].id, price.id);
    const once = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 5 });
    assert.deepEqual([once.type, once.recurring], ['one_time', null]);
    assert.equal((await stripe.prices.list({ product: product.id })).data.length, 2);
    await stripe.products.update(product.id, { default_price: price.id });
    await assert.rejects(stripe.products.del(product.id), Stripe.errors.StripeInvalidRequestError);
  });
});

describe('checkout in payment mode', () => {
  test('is paid on its page', async () => {
    const stripe = sandbox.stripe();
    const session = await stripe.checkout.sessions.create({
      mode: 'payment', ...urls, line_items: [credits()], client_reference_id: 'order-7',
      metadata: { order: '7' }, payment_intent_data: { metadata: { order: '7' }, description: 'Order 7' },
    });
    assert.deepEqual([session.status, session.payment_status, session.amount_total], ['open', 'unpaid', 2000]);
    assert.equal(session.url, `${sandbox.url}/c/pay/${session.id}`);
    assert.equal((await fetch(session.url)).status, 200);

    const declined = await submit(session.url, card('4000000000000002'));
    assert.equal(declined.status, 402);
    assert.match(declined.text, /Your card was declined\./);
    const paid = await submit(session.url, card());
    assert.deepEqual([paid.status, paid.location], [303, `https://shop.example/done?session=${session.id}`]);

    const after = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['payment_intent.latest_charge', 'line_items'],
    });
    assert.deepEqual([after.status, after.payment_status, after.url], ['complete', 'paid', null]);
    assert.equal(after.customer_details.email, 'ada@example.com');
    assert.equal(after.payment_intent.metadata.order, '7');
    assert.equal(after.payment_intent.latest_charge.paid, true);
    assert.equal(after.line_items.data[0].amount_total, 2000);
    const lines = await stripe.checkout.sessions.listLineItems(session.id);
    assert.deepEqual([lines.data[0].quantity, lines.data[0].description], [2, 'Credits']);
    assert.equal((await stripe.checkout.sessions.list({ payment_intent: after.payment_intent.id })).data[0].id, session.id);
  });

  test('belongs to a customer, asks the bank, and can be left', async () => {
    const stripe = sandbox.stripe();
    const customer = await stripe.customers.create({ email: 'ada@example.com' });
    const create = (more) => stripe.checkout.sessions.create({
      mode: 'payment', ...urls, line_items: [credits()], customer: customer.id, ...more,
    });
    const session = await create({ payment_intent_data: { setup_future_usage: 'off_session' } });
    const asked = await submit(session.url, card('4000000000003220'));
    assert.match(asked.location, /\/challenge$/);
    const failed = await submit(`${session.url}/challenge`, { outcome: 'fail' });
    assert.equal(failed.status, 402);
    await submit(session.url, card('4000000000003220'));
    assert.equal((await submit(`${session.url}/challenge`, { outcome: 'complete' })).status, 303);
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).payment_status, 'paid');
    assert.equal((await stripe.paymentMethods.list({ customer: customer.id })).data.length, 1);

    const left = await create();
    await stripe.checkout.sessions.update(left.id, { metadata: { k: 'v' } });
    const expired = await stripe.checkout.sessions.expire(left.id);
    assert.deepEqual([expired.status, expired.url, expired.metadata], ['expired', null, { k: 'v' }]);
    await assert.rejects(stripe.checkout.sessions.expire(left.id), Stripe.errors.StripeInvalidRequestError);
    assert.equal((await stripe.checkout.sessions.list({ customer: customer.id })).data.length, 2);
  });

  test('waits for the money of a bank debit', async () => {
    const stripe = sandbox.stripe();
    for (const outcome of ['succeeded', 'failed']) {
      const session = await stripe.checkout.sessions.create({
        mode: 'payment', ...urls, line_items: [credits()], payment_method_types: ['card', 'us_bank_account'],
      });
      await submit(session.url, { method: 'bank_debit', name: 'Ada', email: 'ada@example.com' });
      const waiting = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] });
      assert.deepEqual([waiting.status, waiting.payment_status], ['complete', 'unpaid']);
      assert.equal(waiting.payment_intent.status, 'processing');
      await sandbox.control('POST', `checkout/sessions/${session.id}/settle`, { outcome });
      const settled = await stripe.checkout.sessions.retrieve(session.id);
      assert.equal(settled.payment_status, outcome === 'succeeded' ? 'paid' : 'unpaid');
    }
  });

  test('makes an invoice when asked, and nothing when it is free', async () => {
    const stripe = sandbox.stripe();
    const session = await stripe.checkout.sessions.create({
      mode: 'payment', ...urls, line_items: [credits()], customer_creation: 'always',
      invoice_creation: { enabled: true, invoice_data: { description: 'Thanks' } },
    });
    await submit(session.url, card());
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice', 'customer'] });
    assert.deepEqual([paid.invoice.status, paid.invoice.amount_paid], ['paid', 2000]);
    assert.equal(paid.customer.email, 'ada@example.com');
    const free = await stripe.checkout.sessions.create({ mode: 'payment', ...urls, line_items: [credits(0)] });
    await submit(free.url, { name: 'Ada', email: 'ada@example.com' });
    const done = await stripe.checkout.sessions.retrieve(free.id);
    assert.deepEqual([done.payment_status, done.payment_intent], ['no_payment_required', null]);
  });
});

describe('checkout in subscription mode', () => {
  test('makes a subscription, with a trial too', async () => {
    const stripe = sandbox.stripe();
    const monthly = credits(1900, { recurring: { interval: 'month' } });
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription', ...urls, line_items: [monthly], subscription_data: { metadata: { k: 'v' } },
    });
    await submit(session.url, card());
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice'] });
    assert.equal(paid.subscription.status, 'active');
    assert.deepEqual(paid.subscription.metadata, { k: 'v' });
    assert.deepEqual([paid.subscription.latest_invoice.status, paid.subscription.latest_invoice.amount_paid], ['paid', 3800]);
    assert.equal(typeof paid.invoice, 'string');

    const trial = await stripe.checkout.sessions.create({
      mode: 'subscription', ...urls, line_items: [monthly], subscription_data: { trial_period_days: 14 },
    });
    await submit(trial.url, card());
    const trialing = await stripe.checkout.sessions.retrieve(trial.id, { expand: ['subscription'] });
    assert.equal(trialing.subscription.status, 'trialing');
    assert.equal(trialing.subscription.trial_end - trialing.subscription.trial_start, 14 * 86400);
  });
});

describe('checkout in setup mode', () => {
  test('saves a card', async () => {
    const stripe = sandbox.stripe();
    const customer = await stripe.customers.create({ email: 'ada@example.com' });
    const session = await stripe.checkout.sessions.create({
      mode: 'setup', ...urls, currency: 'usd', customer: customer.id, setup_intent_data: { metadata: { k: 'v' } },
    });
    assert.equal(session.amount_total, null);
    await submit(session.url, card('5555555555554444'));
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent.payment_method'] });
    assert.deepEqual([done.status, done.payment_status], ['complete', 'no_payment_required']);
    assert.equal(done.setup_intent.status, 'succeeded');
    assert.equal(done.setup_intent.payment_method.card.brand, 'mastercard');
  });
});
