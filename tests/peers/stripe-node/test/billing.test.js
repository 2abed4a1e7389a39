// Subscriptions with items, trials and proration; invoices, invoice items and previews.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Sandbox, Stripe, card, submit } from '../support/sandbox.js';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

const { errors } = Stripe;

async function shop(method = 'pm_card_visa', more = {}) {
  const stripe = sandbox.stripe();
  const customer = await stripe.customers.create({ name: 'Ada', email: 'ada@example.com', ...more });
  if (method) {
    const { id } = await stripe.paymentMethods.attach(method, { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  }
  const price = (amount, interval = 'month') => stripe.prices.create({
    currency: 'usd', unit_amount: amount, recurring: { interval }, product_data: { name: `Plan ${amount}` },
  });
  return { stripe, customer: customer.id, price };
}

describe('subscriptions', () => {
  test('are paid at once, changed, and canceled', async () => {
    const { stripe, customer, price } = await shop();
    const small = await price(1000);
    const subscription = await stripe.subscriptions.create({
      customer, items: [{ price: small.id, quantity: 3 }], metadata: { k: 'v' }, description: 'Three',
      expand: ['latest_invoice.payment_intent'],
    });
    assert.equal(subscription.status, 'active');
    assert.equal(subscription.latest_invoice.amount_paid, 3000);
    assert.equal(subscription.latest_invoice.payment_intent.status, 'succeeded');
    assert.equal(subscription.items.data[0].quantity, 3);
    const updated = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    assert.equal(updated.cancel_at, subscription.current_period_end);
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false, metadata: { k: 'w' } });
    const items = await stripe.subscriptionItems.list({ subscription: subscription.id });
    assert.equal(items.data[0].id, subscription.items.data[0].id);
    const listed = await stripe.subscriptions.list({ customer, status: 'active' });
    assert.equal(listed.data.length, 1);
    const canceled = await stripe.subscriptions.cancel(subscription.id, {
      cancellation_details: { comment: 'too much' },
    });
    assert.deepEqual([canceled.status, canceled.cancellation_details.comment], ['canceled', 'too much']);
    assert.equal((await stripe.subscriptions.list({ customer })).data.length, 0);
    assert.equal((await stripe.subscriptions.list({ customer, status: 'all' })).data.length, 1);
    await assert.rejects(stripe.subscriptions.cancel(subscription.id), errors.StripeInvalidRequestError);
  });

  test('have items that are added, changed and removed one by one', async () => {
    const { stripe, customer, price } = await shop();
    const [plan, seat, other] = [await price(1000), await price(200), await price(300)];
    const subscription = await stripe.subscriptions.create({ customer, items: [{ price: plan.id }] });
    const item = await stripe.subscriptionItems.create({
      subscription: subscription.id, price: seat.id, quantity: 3, metadata: { kind: 'seat' },
      proration_behavior: 'none', payment_behavior: 'error_if_incomplete',
    });
    assert.deepEqual([item.object, item.price.id, item.quantity, item.metadata.kind],
      ['subscription_item', seat.id, 3, 'seat']);
    assert.deepEqual(await stripe.subscriptionItems.retrieve(item.id), item);
    const ids = [];
    for await (const row of stripe.subscriptionItems.list({ subscription: subscription.id, limit: 1 })) ids.push(row.id);
    assert.deepEqual(ids, [subscription.items.data[0].id, item.id]);

    const changed = await stripe.subscriptionItems.update(item.id, {
      price: other.id, quantity: 2, metadata: { kind: '' }, proration_behavior: 'always_invoice',
      proration_date: subscription.current_period_start,
    });
    assert.deepEqual([changed.id, changed.price.id, changed.quantity, changed.metadata],
      [item.id, other.id, 2, {}]);
    const now = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    assert.equal(now.latest_invoice.total, 2 * 300 - 3 * 200);
    const deleted = await stripe.subscriptionItems.del(item.id, { proration_behavior: 'none' });
    assert.deepEqual({ ...deleted }, { id: item.id, object: 'subscription_item', deleted: true });
    await assert.rejects(stripe.subscriptionItems.retrieve(item.id), { code: 'resource_missing', statusCode: 404 });
    await assert.rejects(stripe.subscriptionItems.del(subscription.items.data[0].id), errors.StripeInvalidRequestError);
    const types = (await stripe.events.list({ type: 'customer.subscription.updated' })).data;
    assert.ok(types.length >= 3, 'each change is one of the subscription');
  });

  test('hold several items, and a switch is prorated to the unit', async () => {
    const { stripe, customer, price } = await shop();
    const [small, large, seat] = [await price(1000), await price(5000), await price(200)];
    const made = await stripe.subscriptions.create({
      customer, items: [{ price: small.id }, { price: seat.id, quantity: 2 }],
    });
    const switched = await stripe.subscriptions.update(made.id, {
      items: [
        { id: made.items.data[0].id, price: large.id },
        { id: made.items.data[1].id, quantity: 5 },
      ],
      proration_behavior: 'always_invoice', proration_date: made.current_period_start,
      expand: ['latest_invoice'],
    });
    assert.equal(switched.items.data[0].price.id, large.id);
    const lines = switched.latest_invoice.lines.data;
    assert.ok(lines.every((line) => line.proration));
    assert.equal(switched.latest_invoice.total, 4000 + 3 * 200);
    const without = await stripe.subscriptions.update(made.id, {
      items: [{ id: made.items.data[1].id, deleted: true }], proration_behavior: 'create_prorations',
    });
    assert.equal(without.items.data.length, 1);
    const waiting = await stripe.invoiceItems.list({ customer, pending: true });
    assert.ok(waiting.data.length > 0);
    assert.ok(waiting.data.every((item) => item.proration));
  });

  test('begin with a trial, and wait for a first payment that fails', async () => {
    const { stripe, customer, price } = await shop();
    const monthly = await price(1000);
    const trial = await stripe.subscriptions.create({
      customer, items: [{ price: monthly.id }], trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
    });
    assert.equal(trial.status, 'trialing');
    const ended = await stripe.subscriptions.update(trial.id, { trial_end: 'now' });
    assert.equal(ended.status, 'active');

    const poor = await shop(null);
    const plan = await poor.price(1000);
    const incomplete = await poor.stripe.subscriptions.create({
      customer: poor.customer, items: [{ price: plan.id }], payment_behavior: 'default_incomplete',
      expand: ['latest_invoice.payment_intent', 'pending_setup_intent'],
    });
    assert.equal(incomplete.status, 'incomplete');
    const invoice = incomplete.latest_invoice;
    assert.equal(invoice.payment_intent.status, 'requires_payment_method');
    await poor.stripe.paymentIntents.confirm(invoice.payment_intent.id, { payment_method: 'pm_card_visa' });
    assert.equal((await poor.stripe.subscriptions.retrieve(incomplete.id)).status, 'active');
    await assert.rejects(poor.stripe.subscriptions.create({
      customer: poor.customer, items: [{ price: plan.id }], payment_behavior: 'error_if_incomplete',
      default_payment_method: 'pm_no',
    }), errors.StripeInvalidRequestError);
  });
});

describe('invoices', () => {
  test('go from draft to open to paid', async () => {
    const { stripe, customer } = await shop();
    const item = await stripe.invoiceItems.create({
      customer, amount: 700, currency: 'usd', description: 'Work', metadata: { k: 'v' },
    });
    assert.equal((await stripe.invoiceItems.update(item.id, { amount: 800, description: 'Much work' })).amount, 800);
    await stripe.invoiceItems.update(item.id, { amount: 700, description: 'Work' });
    assert.equal((await stripe.invoiceItems.retrieve(item.id)).amount, 700);
    const draft = await stripe.invoices.create({
      customer, pending_invoice_items_behavior: 'include', description: 'For work',
    });
    assert.deepEqual([draft.status, draft.total], ['draft', 700]);
    assert.equal((await stripe.invoices.update(draft.id, { metadata: { k: 'v' } })).metadata.k, 'v');
    const open = await stripe.invoices.finalizeInvoice(draft.id);
    assert.equal(open.status, 'open');
    assert.match(open.hosted_invoice_url, /\/c\/invoice\//);
    const lines = await stripe.invoices.listLineItems(open.id);
    assert.deepEqual([lines.data[0].amount, lines.data[0].description], [700, 'Work']);
    const paid = await stripe.invoices.pay(open.id);
    assert.deepEqual([paid.status, paid.amount_paid, paid.paid], ['paid', 700, true]);
    assert.equal((await stripe.invoices.list({ customer, status: 'paid' })).data.length, 1);
    await assert.rejects(stripe.invoices.pay(open.id), errors.StripeInvalidRequestError);
  });

  test('are paid on their page, voided, given up and deleted', async () => {
    const { stripe, customer } = await shop(null);
    const open = async () => {
      await stripe.invoiceItems.create({ customer, amount: 900, currency: 'usd' });
      const { id } = await stripe.invoices.create({ customer, pending_invoice_items_behavior: 'include' });
      return stripe.invoices.finalizeInvoice(id);
    };
    const hosted = await open();
    assert.equal((await submit(hosted.hosted_invoice_url, card('4000000000000002'))).status, 402);
    await submit(hosted.hosted_invoice_url, card());
    assert.equal((await stripe.invoices.retrieve(hosted.id)).status, 'paid');
    assert.equal((await stripe.invoices.voidInvoice((await open()).id)).status, 'void');
    assert.equal((await stripe.invoices.markUncollectible((await open()).id)).status, 'uncollectible');
    const elsewhere = await stripe.invoices.pay((await open()).id, { paid_out_of_band: true });
    assert.deepEqual([elsewhere.status, elsewhere.paid_out_of_band], ['paid', true]);
    const draft = await stripe.invoices.create({ customer });
    assert.equal((await stripe.invoices.del(draft.id)).deleted, true);
    const item = await stripe.invoiceItems.create({ customer, amount: 900, currency: 'usd' });
    assert.equal((await stripe.invoiceItems.del(item.id)).deleted, true);
    await assert.rejects(stripe.invoices.pay((await open()).id), errors.StripeInvalidRequestError);
  });

  test('can be previewed, both ways', async () => {
    const { stripe, customer, price } = await shop();
    const [small, large] = [await price(1000), await price(5000)];
    const { id, items, current_period_start } = await stripe.subscriptions.create({
      customer, items: [{ price: small.id }],
    });
    const change = {
      items: [{ id: items.data[0].id, price: large.id }],
      proration_behavior: 'always_invoice', proration_date: current_period_start,
    };
    const preview = await stripe.invoices.createPreview({ customer, subscription: id, subscription_details: change });
    assert.equal(preview.amount_due, 4000);
    const upcoming = await stripe.invoices.retrieveUpcoming({ customer, subscription: id });
    assert.deepEqual([upcoming.amount_due, upcoming.id], [1000, undefined]);
    const fresh = await stripe.invoices.createPreview({
      customer, subscription_details: { items: [{ price: large.id, quantity: 2 }] },
    });
    assert.equal(fresh.total, 10000);
    assert.equal((await stripe.invoices.list({ customer })).data.length, 1);
  });
});
