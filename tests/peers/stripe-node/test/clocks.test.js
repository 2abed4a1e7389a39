// Time travel: renewals, trial ends, dunning.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Sandbox, Stripe } from '../support/sandbox.js';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

const start = Date.UTC(2024, 0, 31, 12) / 1000;
const day = 86400;

async function world(method = 'pm_card_visa', terms = {}) {
  const stripe = sandbox.stripe();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start, name: 'one' });
  const { id: customer } = await stripe.customers.create({ name: 'Ada', test_clock: clock.id });
  const { id: saved } = await stripe.paymentMethods.attach(method, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: saved } });
  const price = await stripe.prices.create({
    currency: 'usd', unit_amount: 1000, recurring: { interval: 'month' }, product_data: { name: 'Plan' },
  });
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price: price.id }], ...terms });
  const advance = async (time) => {
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: time });
    for (;;) {
      const { status } = await stripe.testHelpers.testClocks.retrieve(clock.id);
      if (status === 'ready') return;
      assert.equal(status, 'advancing');
    }
  };
  const events = async () => (await stripe.events.list({ limit: 100 })).data.map((one) => one.type).reverse();
  return { stripe, clock, customer, subscription, advance, events };
}

describe('a test clock', () => {
  test('is created, listed and deleted with its customers', async () => {
    const { stripe, clock, customer } = await world();
    assert.deepEqual([clock.status, clock.frozen_time], ['ready', start]);
    assert.equal((await stripe.testHelpers.testClocks.list()).data[0].id, clock.id);
    await assert.rejects(stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: start - 1 }),
      Stripe.errors.StripeInvalidRequestError);
    assert.equal((await stripe.testHelpers.testClocks.del(clock.id)).deleted, true);
    assert.equal((await stripe.customers.retrieve(customer)).deleted, true);
  });

  test('renews month by month from the 31st, a year in one step', async () => {
    const { stripe, subscription, advance, customer } = await world();
    await advance(Date.UTC(2025, 0, 31, 14) / 1000);
    const invoices = await stripe.invoices.list({ customer, limit: 100 });
    assert.equal(invoices.data.length, 13);
    assert.ok(invoices.data.every((one) => one.status === 'paid' && one.amount_paid === 1000));
    const ends = invoices.data.map((one) => new Date(one.lines.data[0].period.start * 1000).getUTCDate());
    assert.deepEqual(ends.reverse(), [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]);
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active');
  });

  test('ends a trial, told of three days before', async () => {
    const { stripe, subscription, advance, events } = await world('pm_card_visa', { trial_period_days: 14 });
    await advance(start + 10 * day);
    assert.ok(!(await events()).includes('customer.subscription.trial_will_end'));
    await advance(start + 12 * day);
    assert.ok((await events()).includes('customer.subscription.trial_will_end'));
    await advance(start + 14 * day + 2 * 3600);
    const { status, latest_invoice: latest } = await stripe.subscriptions.retrieve(subscription.id, {
      expand: ['latest_invoice'],
    });
    assert.deepEqual([status, latest.status, latest.amount_paid], ['active', 'paid', 1000]);
  });

  test('ends what was canceled at the period’s end', async () => {
    const { stripe, subscription, advance } = await world();
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await advance(subscription.current_period_end + 60);
    const ended = await stripe.subscriptions.retrieve(subscription.id);
    assert.deepEqual([ended.status, ended.ended_at], ['canceled', subscription.current_period_end]);
  });
});

describe('dunning', () => {
  for (const [after_dunning, status] of [['cancel', 'canceled'], ['unpaid', 'unpaid'], ['past_due', 'past_due']]) {
    test(`retries, and then it is ${status}`, async () => {
      await sandbox.control('POST', 'settings', { after_dunning });
      const { stripe, subscription, advance, customer, events } = await world('pm_card_chargeCustomerFail', {
        trial_period_days: 1,
      });
      await advance(start + day + 2 * 3600);
      const failing = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
      assert.equal(failing.status, 'past_due');
      assert.deepEqual([failing.latest_invoice.status, failing.latest_invoice.attempt_count], ['open', 1]);
      assert.ok(failing.latest_invoice.next_payment_attempt > start + day);
      await advance(start + 29 * day);
      assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, status);
      const charges = await stripe.charges.list({ customer });
      assert.ok(charges.data.length > 2);
      assert.ok(charges.data.every((one) => one.status === 'failed'));
      assert.ok((await events()).includes('invoice.payment_failed'));
      await sandbox.control('POST', 'settings', { after_dunning: 'cancel' });
    });
  }
});
