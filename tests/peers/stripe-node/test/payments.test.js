// Customers, payment methods, setup intents, payment intents, charges, refunds, disputes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Sandbox, Stripe, card, submit } from '../support/sandbox.js';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

const { errors } = Stripe;

const pay = (stripe, more = {}) => stripe.paymentIntents.create({
  amount: 2000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true, ...more,
});

describe('customers', () => {
  test('are created, changed and deleted', async () => {
    const stripe = sandbox.stripe();
    const customer = await stripe.customers.create({
      name: 'Ada', email: 'ada@example.com', description: 'first', phone: '+1 555 0100',
      metadata: { plan: 'pro' },
    });
    assert.match(customer.id, /^cus_/);
    assert.deepEqual([customer.name, customer.balance, customer.livemode], ['Ada', 0, false]);
    const updated = await stripe.customers.update(customer.id, { name: 'Ada L.', description: '' });
    assert.deepEqual([updated.name, updated.description], ['Ada L.', null]);
    const deleted = await stripe.customers.del(customer.id);
    assert.deepEqual([deleted.id, deleted.deleted], [customer.id, true]);
    assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
    assert.equal((await stripe.customers.list()).data.length, 0);
    await assert.rejects(stripe.customers.update(customer.id, { name: 'x' }), { code: 'resource_missing' });
  });

  test('have a balance that is moved by transactions', async () => {
    const stripe = sandbox.stripe();
    const { id } = await stripe.customers.create({ name: 'Ada' });
    const moved = await stripe.customers.createBalanceTransaction(id, {
      amount: -500, currency: 'usd', description: 'sorry',
    });
    assert.deepEqual([moved.amount, moved.ending_balance, moved.type], [-500, -500, 'adjustment']);
    assert.equal((await stripe.customers.retrieve(id)).balance, -500);
    assert.equal((await stripe.customers.listBalanceTransactions(id)).data[0].id, moved.id);
  });
});

describe('payment methods', () => {
  test('are made of test cards only, attached, found and detached', async () => {
    const stripe = sandbox.stripe();
    const { id: customer } = await stripe.customers.create({ name: 'Ada' });
    const method = await stripe.paymentMethods.create({
      type: 'card', card: { number: '4242424242424242', exp_month: 12, exp_year: 2040, cvc: '123' },
      billing_details: { name: 'Ada', email: 'ada@example.com' }, metadata: { k: 'v' },
    });
    assert.deepEqual([method.card.brand, method.card.last4, method.customer], ['visa', '4242', null]);
    const attached = await stripe.paymentMethods.attach(method.id, { customer });
    assert.equal(attached.customer, customer);
    const byToken = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_mastercard' } });
    assert.equal(byToken.card.brand, 'mastercard');
    await stripe.paymentMethods.attach('pm_card_amex', { customer });
    const listed = await stripe.customers.listPaymentMethods(customer);
    assert.deepEqual(listed.data.map((one) => one.card.brand), ['amex', 'visa']);
    assert.equal((await stripe.paymentMethods.list({ customer, type: 'card' })).data.length, 2);
    assert.equal((await stripe.customers.retrievePaymentMethod(customer, method.id)).id, method.id);
    const updated = await stripe.paymentMethods.update(method.id, { billing_details: { name: 'A.' } });
    assert.equal(updated.billing_details.name, 'A.');

    const chosen = await stripe.customers.update(customer, {
      invoice_settings: { default_payment_method: method.id },
    });
    assert.equal(chosen.invoice_settings.default_payment_method, method.id);
    assert.equal((await stripe.paymentMethods.detach(method.id)).customer, null);
    const without = await stripe.customers.retrieve(customer);
    assert.equal(without.invoice_settings.default_payment_method, null);
    await assert.rejects(stripe.paymentMethods.attach(method.id, { customer }), errors.StripeInvalidRequestError);
  });

  test('no real card gets in', async () => {
    const stripe = sandbox.stripe();
    await assert.rejects(stripe.paymentMethods.create({
      type: 'card', card: { number: '4111111111111111', exp_month: 1, exp_year: 2040, cvc: '123' },
    }), (error) => {
      assert.ok(error instanceof errors.StripeCardError);
      assert.equal(error.decline_code, 'test_mode_live_card');
      return true;
    });
  });
});

describe('setup intents', () => {
  test('save a card', async () => {
    const stripe = sandbox.stripe();
    const { id: customer } = await stripe.customers.create({ name: 'Ada' });
    const intent = await stripe.setupIntents.create({ customer, metadata: { k: 'v' } });
    assert.equal(intent.status, 'requires_payment_method');
    const confirmed = await stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    assert.equal(confirmed.status, 'succeeded');
    assert.equal((await stripe.paymentMethods.list({ customer })).data[0].id, confirmed.payment_method);
    assert.equal((await stripe.setupIntents.list({ customer })).data[0].id, intent.id);
    const described = await stripe.setupIntents.update(intent.id, { description: 'kept' });
    assert.equal(described.description, 'kept');
  });

  test('can be declined, canceled and authenticated on the hosted card form', async () => {
    const stripe = sandbox.stripe();
    const declined = stripe.setupIntents.create({ confirm: true, payment_method: 'pm_card_chargeDeclined' });
    await assert.rejects(declined, (error) => {
      assert.ok(error instanceof errors.StripeCardError);
      assert.equal(error.setup_intent.status, 'requires_payment_method');
      return true;
    });
    const canceled = await stripe.setupIntents.cancel((await stripe.setupIntents.create()).id, {
      cancellation_reason: 'abandoned',
    });
    assert.deepEqual([canceled.status, canceled.cancellation_reason], ['canceled', 'abandoned']);

    const { id: customer } = await stripe.customers.create({ name: 'Ada' });
    const intent = await stripe.setupIntents.create({ customer });
    const page = `${sandbox.url}/c/setup/${intent.client_secret}`;
    const asked = await submit(page, card('4000002500003155'));
    assert.match(asked.location, /\/challenge$/);
    const waiting = await stripe.setupIntents.retrieve(intent.id);
    assert.deepEqual([waiting.status, waiting.next_action.type], ['requires_action', 'use_stripe_sdk']);
    await submit(`${page}/challenge`, { outcome: 'complete' });
    assert.equal((await stripe.setupIntents.retrieve(intent.id)).status, 'succeeded');
  });
});

describe('payment intents', () => {
  test('are paid in one step or in three', async () => {
    const stripe = sandbox.stripe();
    const { id: customer } = await stripe.customers.create({ name: 'Ada' });
    const at_once = await pay(stripe, { customer, description: 'At once', receipt_email: 'a@example.com' });
    assert.deepEqual([at_once.status, at_once.amount_received], ['succeeded', 2000]);
    const made = await stripe.paymentIntents.create({
      amount: 500, currency: 'jpy', automatic_payment_methods: { enabled: true }, metadata: { k: 'v' },
    });
    assert.equal(made.status, 'requires_payment_method');
    await stripe.paymentIntents.update(made.id, { description: 'Later' });
    const confirmed = await stripe.paymentIntents.confirm(made.id, { payment_method: 'pm_card_visa' });
    assert.deepEqual([confirmed.status, confirmed.description], ['succeeded', 'Later']);
    const charge = await stripe.charges.retrieve(confirmed.latest_charge);
    assert.deepEqual([charge.paid, charge.amount, charge.currency], [true, 500, 'jpy']);
    assert.deepEqual((await stripe.charges.update(charge.id, { metadata: { k: 'w' } })).metadata, { k: 'w' });
    assert.equal((await stripe.charges.list({ payment_intent: made.id })).data.length, 1);
    assert.equal((await stripe.paymentIntents.list({ customer })).data.length, 1);
    await assert.rejects(stripe.paymentIntents.confirm(made.id), { code: 'payment_intent_unexpected_state' });
  });

  test('can be canceled and ask for authentication', async () => {
    const stripe = sandbox.stripe();
    const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    const canceled = await stripe.paymentIntents.cancel(id, { cancellation_reason: 'duplicate' });
    assert.deepEqual([canceled.status, canceled.cancellation_reason], ['canceled', 'duplicate']);
    const asked = await pay(stripe, { payment_method: 'pm_card_threeDSecure2Required' });
    assert.equal(asked.status, 'requires_action');
    assert.ok(asked.next_action);
    await assert.rejects(
      pay(stripe, { payment_method: 'pm_card_threeDSecure2Required', off_session: true }),
      (error) => {
        assert.ok(error instanceof errors.StripeCardError);
        assert.equal(error.code, 'authentication_required');
        return true;
      });
  });

  test('know the least amount', async () => {
    await assert.rejects(pay(sandbox.stripe(), { amount: 3 }), { code: 'amount_too_small' });
  });
});

describe('refunds', () => {
  test('give back in part, then the rest, never more', async () => {
    const stripe = sandbox.stripe();
    const intent = await pay(stripe);
    const part = await stripe.refunds.create({
      payment_intent: intent.id, amount: 500, reason: 'requested_by_customer', metadata: { k: 'v' },
    });
    assert.deepEqual([part.status, part.amount, part.charge], ['succeeded', 500, intent.latest_charge]);
    const charge = await stripe.charges.retrieve(intent.latest_charge);
    assert.deepEqual([charge.amount_refunded, charge.refunded], [500, false]);
    await assert.rejects(stripe.refunds.create({ charge: charge.id, amount: 1501 }), errors.StripeInvalidRequestError);
    const rest = await stripe.refunds.create({ charge: charge.id });
    assert.equal(rest.amount, 1500);
    assert.equal((await stripe.charges.retrieve(charge.id)).refunded, true);
    await assert.rejects(stripe.refunds.create({ charge: charge.id }), { code: 'charge_already_refunded' });
    assert.deepEqual((await stripe.refunds.update(part.id, { metadata: { k: '' } })).metadata, {});
    assert.equal((await stripe.refunds.list({ payment_intent: intent.id })).data.length, 2);
    assert.equal((await stripe.refunds.retrieve(rest.id)).id, rest.id);
  });
});

describe('disputes', () => {
  test('open by themselves, take evidence and end either way', async () => {
    const stripe = sandbox.stripe();
    const won = await pay(stripe, { payment_method: 'pm_card_createDispute' });
    const lost = await pay(stripe, { payment_method: 'pm_card_createDisputeProductNotReceived' });
    const { data } = await stripe.disputes.list({ payment_intent: won.id });
    assert.deepEqual([data.length, data[0].status, data[0].reason], [1, 'needs_response', 'fraudulent']);
    const answered = await stripe.disputes.update(data[0].id, {
      evidence: { uncategorized_text: 'winning_evidence' }, submit: true,
    });
    assert.equal(answered.status, 'won');
    const other = (await stripe.disputes.list({ payment_intent: lost.id })).data[0];
    assert.equal(other.reason, 'product_not_received');
    assert.equal((await stripe.disputes.close(other.id)).status, 'lost');
    assert.equal((await stripe.disputes.retrieve(other.id)).status, 'lost');
  });

  test('can be opened by hand', async () => {
    const stripe = sandbox.stripe();
    const intent = await pay(stripe);
    const opened = await sandbox.control('POST', 'disputes', { payment_intent: intent.id, reason: 'duplicate' });
    assert.equal((await stripe.disputes.retrieve(opened.id)).charge, intent.latest_charge);
    assert.equal((await stripe.charges.retrieve(intent.latest_charge)).disputed, true);
  });
});
