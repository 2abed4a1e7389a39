// What every resource shares: keys, errors, metadata, lists, expand, idempotency, accounts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Sandbox, Stripe } from '../support/sandbox.js';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

const { errors } = Stripe;

describe('errors', () => {
  test('a wrong key is an authentication error', async () => {
    const stripe = sandbox.stripe('sk_live_no');
    await assert.rejects(stripe.customers.list(), (error) => {
      assert.ok(error instanceof errors.StripeAuthenticationError);
      assert.equal(error.statusCode, 401);
      assert.match(error.requestId, /^req_/);
      return true;
    });
  });

  test('an id that is nobody’s is resource_missing', async () => {
    const stripe = sandbox.stripe();
    for (const [call, param] of [
      [() => stripe.customers.retrieve('cus_no'), 'id'],
      [() => stripe.products.retrieve('prod_no'), 'id'],
      [() => stripe.prices.retrieve('price_no'), 'price'],
      [() => stripe.paymentIntents.retrieve('pi_no'), 'intent'],
      [() => stripe.subscriptions.retrieve('sub_no'), 'id'],
      [() => stripe.invoices.retrieve('in_no'), 'id'],
      [() => stripe.checkout.sessions.retrieve('cs_no'), 'id'],
      [() => stripe.paymentIntents.create({ amount: 100, currency: 'usd', customer: 'cus_no' }), 'customer'],
    ]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof errors.StripeInvalidRequestError, String(call));
        assert.equal(error.code, 'resource_missing', String(call));
        assert.equal(error.statusCode, param === 'customer' ? 400 : 404);
        assert.ok(error.param === param || error.param === 'id', `${call}: ${error.param}`);
        assert.match(error.message, /^No such /);
        return true;
      });
    }
  });

  test('parameters that are missing, unknown or wrong are named', async () => {
    const stripe = sandbox.stripe();
    for (const [call, param, code] of [
      [() => stripe.products.create({}), 'name', 'parameter_missing'],
      [() => stripe.paymentIntents.create({ currency: 'usd' }), 'amount', 'parameter_missing'],
      [() => stripe.products.create({ name: 'x', nonsense: 1 }), 'nonsense', 'parameter_unknown'],
      [() => stripe.paymentIntents.create({ amount: 'ten', currency: 'usd' }), 'amount', 'parameter_invalid_integer'],
      [() => stripe.customers.list({ limit: 0 }), 'limit', undefined],
      [() => stripe.checkout.sessions.create({
        mode: 'payment', success_url: 'https://shop.example/', line_items: [{ price: 'price_no', quantity: 1 }],
      }), 'line_items[0][price]', 'resource_missing'],
    ]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof errors.StripeInvalidRequestError, String(call));
        assert.equal(error.param, param, String(call));
        if (code) assert.equal(error.code, code, String(call));
        return true;
      });
    }
  });

  test('a path that does not exist is a 404', async () => {
    // The package has a method for what the sandbox does not know.
    await assert.rejects(sandbox.stripe().coupons.list(), (error) => {
      assert.ok(error instanceof errors.StripeInvalidRequestError);
      assert.equal(error.statusCode, 404);
      assert.match(error.message, /Unrecognized request URL/);
      return true;
    });
  });

  test('a decline is a card error with its codes', async () => {
    const stripe = sandbox.stripe();
    for (const [method, code, declineCode] of [
      ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
      ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
      ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
      ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
      ['pm_card_chargeDeclinedExpiredCard', 'expired_card', undefined],
      ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', undefined],
      ['pm_card_chargeDeclinedProcessingError', 'processing_error', undefined],
    ]) {
      await assert.rejects(stripe.paymentIntents.create({
        amount: 1000, currency: 'usd', payment_method: method, confirm: true,
      }), (error) => {
        assert.ok(error instanceof errors.StripeCardError, method);
        assert.equal(error.type, 'StripeCardError');
        assert.equal(error.rawType, 'card_error');
        assert.equal(error.statusCode, 402);
        assert.equal(error.code, code, method);
        assert.equal(error.decline_code, declineCode, method);
        assert.match(error.charge, /^ch_/);
        assert.equal(error.payment_intent.status, 'requires_payment_method');
        assert.equal(error.payment_intent.last_payment_error.code, code);
        return true;
      });
    }
  });
});

describe('every answer', () => {
  test('names its request and its version', async () => {
    const stripe = sandbox.stripe();
    const seen = [];
    stripe.on('response', (response) => seen.push(response));
    const one = await stripe.customers.create({ name: 'Ada' });
    const two = await stripe.customers.retrieve(one.id);
    assert.match(one.lastResponse.requestId, /^req_\w+/);
    assert.notEqual(one.lastResponse.requestId, two.lastResponse.requestId);
    assert.equal(one.lastResponse.apiVersion, '2024-06-20');
    assert.equal(two.lastResponse.statusCode, 200);
    assert.equal(seen[0].request_id, one.lastResponse.requestId);
    const event = (await stripe.events.list({ type: 'customer.created' })).data[0];
    assert.equal(event.request.id, one.lastResponse.requestId);
  });
});

describe('metadata', () => {
  test('is merged, and an empty value removes a key', async () => {
    const stripe = sandbox.stripe();
    const { id } = await stripe.customers.create({ metadata: { a: '1', b: 'two words & more', 'ü': '€' } });
    assert.deepEqual((await stripe.customers.retrieve(id)).metadata, { a: '1', b: 'two words & more', 'ü': '€' });
    const merged = await stripe.customers.update(id, { metadata: { a: '', c: 3 } });
    assert.deepEqual(merged.metadata, { b: 'two words & more', c: '3', 'ü': '€' });
    assert.deepEqual((await stripe.customers.update(id, { metadata: '' })).metadata, {});
  });

  test('has limits', async () => {
    const stripe = sandbox.stripe();
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']));
    for (const metadata of [{ ['k'.repeat(41)]: 'v' }, { k: 'v'.repeat(501) }, many]) {
      await assert.rejects(stripe.customers.create({ metadata }), errors.StripeInvalidRequestError);
    }
    const full = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v'.repeat(500)]));
    assert.deepEqual((await stripe.customers.create({ metadata: full })).metadata, full);
  });
});

describe('lists', () => {
  test('go page by page in both directions, newest first', async () => {
    const stripe = sandbox.stripe();
    const ids = [];
    for (let i = 0; i < 5; ++i) ids.unshift((await stripe.customers.create({ name: `n${i}` })).id);
    const first = await stripe.customers.list({ limit: 2 });
    assert.equal(first.object, 'list');
    assert.equal(first.url, '/v1/customers');
    assert.equal(first.has_more, true);
    assert.deepEqual(first.data.map((one) => one.id), ids.slice(0, 2));
    const second = await stripe.customers.list({ limit: 2, starting_after: ids[1] });
    assert.deepEqual(second.data.map((one) => one.id), ids.slice(2, 4));
    const last = await stripe.customers.list({ limit: 2, starting_after: ids[3] });
    assert.deepEqual([last.has_more, last.data.length], [false, 1]);
    const back = await stripe.customers.list({ limit: 2, ending_before: ids[4] });
    assert.deepEqual(back.data.map((one) => one.id), ids.slice(2, 4));
    await assert.rejects(stripe.customers.list({ starting_after: 'cus_no' }), { code: 'resource_missing' });
  });

  test('auto-pagination sees every object once', async () => {
    const stripe = sandbox.stripe();
    const made = [];
    for (let i = 0; i < 25; ++i) made.unshift((await stripe.products.create({ name: `p${i}` })).id);
    const seen = [];
    for await (const product of stripe.products.list({ limit: 4 })) seen.push(product.id);
    assert.deepEqual(seen, made);
    const array = await stripe.products.list({ limit: 7 }).autoPagingToArray({ limit: 20 });
    assert.deepEqual(array.map((one) => one.id), made.slice(0, 20));
    const backwards = [];
    for await (const product of stripe.products.list({ limit: 4, ending_before: made[24] })) {
      backwards.push(product.id);
    }
    assert.deepEqual(backwards, made.slice(0, 24).reverse());
  });

  test('can be cut by time and by field', async () => {
    const stripe = sandbox.stripe();
    const customer = await stripe.customers.create({ email: 'one@example.com' });
    await stripe.customers.create({ email: 'two@example.com' });
    const found = await stripe.customers.list({ email: 'one@example.com' });
    assert.deepEqual(found.data.map((one) => one.id), [customer.id]);
    const { created } = customer;
    assert.equal((await stripe.customers.list({ created: { gte: created } })).data.length, 2);
    assert.equal((await stripe.customers.list({ created: { lt: created } })).data.length, 0);
  });
});

describe('search', () => {
  const found = async (search, query) =>
    (await search({ query })).data.map((one) => one.name ?? one.status).reverse();

  test('finds customers by field, by part, by metadata, negated and joined', async () => {
    const stripe = sandbox.stripe();
    await stripe.customers.create({ name: 'Ada', email: 'ada@example.com', metadata: { plan: 'pro' } });
    await stripe.customers.create({ name: 'Eve "E"', email: 'eve@example.com', metadata: { plan: 'free' } });
    await stripe.customers.create({ name: 'Bob', email: 'bob@other.example' });
    const search = (params) => stripe.customers.search(params);
    for (const [query, names] of [
      ['email:"ADA@example.com"', ['Ada']],
      ["email~'example.com'", ['Ada', 'Eve "E"']],
      ['metadata["plan"]:"pro" OR name:"Bob"', ['Ada', 'Bob']],
      ['email~"example" AND -metadata["plan"]:"pro"', ['Eve "E"', 'Bob']],
      ['name:"Eve \\"E\\""', ['Eve "E"']],
      ['metadata["plan"]:null', ['Bob']],
      ['created>0', ['Ada', 'Eve "E"', 'Bob']],
      ['created<=17', []],
    ]) {
      assert.deepEqual(await found(search, query), names, query);
    }
    for (const query of ['', 'nonsense', 'shoe:"x"', 'email:"a" AND name:"b" OR name:"c"', 'name~"a"', 'email:"open']) {
      await assert.rejects(search({ query }), (error) => {
        assert.ok(error instanceof errors.StripeInvalidRequestError, query);
        assert.equal(error.param, 'query');
        return true;
      });
    }
  });

  test('goes page by page, over every resource that Stripe searches', async () => {
    const stripe = sandbox.stripe();
    const made = [];
    for (let i = 0; i < 7; ++i) made.unshift((await stripe.products.create({ name: `p${i}` })).id);
    const first = await stripe.products.search({ query: 'active:"true"', limit: 3 });
    assert.deepEqual([first.object, first.has_more, first.data.length], ['search_result', true, 3]);
    const second = await stripe.products.search({ query: 'active:"true"', limit: 3, page: first.next_page });
    assert.deepEqual(second.data.map((one) => one.id), made.slice(3, 6));
    const all = [];
    for await (const product of stripe.products.search({ query: 'active:"true"', limit: 2 })) all.push(product.id);
    assert.deepEqual(all, made);

    const customer = await stripe.customers.create({ name: 'Ada' });
    await stripe.paymentIntents.create({
      amount: 900, currency: 'usd', customer: customer.id, payment_method: 'pm_card_visa', confirm: true,
    });
    const price = await stripe.prices.create({
      currency: 'usd', unit_amount: 0, recurring: { interval: 'month' }, product: made[0], lookup_key: 'zero',
    });
    await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const mine = `customer:"${customer.id}"`;
    assert.deepEqual(await found((query) => stripe.charges.search(query), `${mine} AND amount>=900`), ['succeeded']);
    assert.deepEqual(await found((query) => stripe.paymentIntents.search(query), mine), ['succeeded']);
    assert.deepEqual(await found((query) => stripe.invoices.search(query), `${mine} AND total<1`), ['paid']);
    assert.deepEqual(await found((query) => stripe.subscriptions.search(query), 'status:"active"'), ['active']);
    const { data } = await stripe.prices.search({ query: 'lookup_key:"zero"', expand: ['data.product'] });
    assert.equal(data[0].product.name, 'p6');
  });
});

describe('expand', () => {
  test('puts objects in the place of ids, also deep and in lists', async () => {
    const stripe = sandbox.stripe();
    const customer = await stripe.customers.create({ name: 'Ada', payment_method: 'pm_card_visa' });
    const intent = await stripe.paymentIntents.create({
      amount: 1200, currency: 'eur', customer: customer.id, payment_method: 'pm_card_visa', confirm: true,
      expand: ['customer', 'latest_charge.payment_intent'],
    });
    assert.equal(intent.customer.name, 'Ada');
    assert.equal(intent.latest_charge.amount, 1200);
    assert.equal(intent.latest_charge.payment_intent.id, intent.id);
    const listed = await stripe.paymentIntents.list({ expand: ['data.customer', 'data.payment_method'] });
    assert.equal(listed.data[0].customer.id, customer.id);
    assert.equal(listed.data[0].payment_method.card.last4, '4242');
    const price = await stripe.prices.create({
      currency: 'usd', unit_amount: 5, product_data: { name: 'Five' }, expand: ['product'],
    });
    assert.equal(price.product.name, 'Five');
    await assert.rejects(stripe.customers.retrieve(customer.id, { expand: ['name'] }), (error) => {
      assert.equal(error.statusCode, 400);
      assert.match(error.message, /cannot be expanded/);
      return true;
    });
  });
});

describe('idempotency keys', () => {
  test('make a repeated request the same request', async () => {
    const stripe = sandbox.stripe();
    const options = { idempotencyKey: 'key-1' };
    const one = await stripe.customers.create({ name: 'Ada' }, options);
    const two = await stripe.customers.create({ name: 'Ada' }, options);
    assert.equal(two.id, one.id);
    assert.equal(two.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal(two.lastResponse.headers['original-request'], one.lastResponse.requestId);
    assert.equal(one.lastResponse.idempotencyKey, 'key-1');
    assert.equal((await stripe.customers.list()).data.length, 1);
  });

  test('refuse other parameters and other paths', async () => {
    const stripe = sandbox.stripe();
    const options = { idempotencyKey: 'key-1' };
    await stripe.customers.create({ name: 'Ada' }, options);
    for (const call of [
      () => stripe.customers.create({ name: 'Eve' }, options),
      () => stripe.products.create({ name: 'Ada' }, options),
    ]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof errors.StripeIdempotencyError);
        assert.equal(error.statusCode, 400);
        return true;
      });
    }
  });

  test('replay a decline and a 500, and not what was refused unseen', async () => {
    const stripe = sandbox.stripe();
    const decline = () => stripe.paymentIntents.create(
      { amount: 100, currency: 'usd', payment_method: 'pm_card_chargeDeclined', confirm: true },
      { idempotencyKey: 'declined' });
    await assert.rejects(decline, errors.StripeCardError);
    await assert.rejects(decline, (error) => error.headers['idempotent-replayed'] === 'true');
    assert.equal((await stripe.charges.list()).data.length, 1);

    await sandbox.fault({ kind: '500_after', path: '/v1/products' });
    const create = () => stripe.products.create({ name: 'once' }, { idempotencyKey: 'failed' });
    await assert.rejects(create, errors.StripeAPIError);
    await assert.rejects(create, (error) => {
      assert.equal(error.statusCode, 500);
      assert.equal(error.headers['idempotent-replayed'], 'true');
      return true;
    });
    assert.equal((await stripe.products.list()).data.length, 1);

    const options = { idempotencyKey: 'invalid' };
    await assert.rejects(stripe.products.create({}, options), errors.StripeInvalidRequestError);
    assert.equal((await stripe.products.create({ name: 'now' }, options)).name, 'now');
  });
});

describe('accounts', () => {
  test('two keys see nothing of each other', async () => {
    const one = sandbox.stripe();
    const two = sandbox.stripe();
    const { id } = await one.customers.create({ name: 'Ada' });
    await assert.rejects(two.customers.retrieve(id), { code: 'resource_missing' });
    assert.equal((await two.customers.list()).data.length, 0);
    const [mine, theirs] = [await one.accounts.retrieve(), await two.accounts.retrieve()];
    assert.match(mine.id, /^acct_/);
    assert.notEqual(mine.id, theirs.id);
  });

  test('Stripe-Account opens a connected account, and only its platform can', async () => {
    const platform = sandbox.stripe();
    const { id: account } = await platform.accounts.create({ type: 'standard' });
    const there = { stripeAccount: account };
    const customer = await platform.customers.create({ name: 'Theirs' }, there);
    assert.equal(customer.lastResponse.stripeAccount, account);
    assert.equal((await platform.customers.list()).data.length, 0);
    assert.equal((await platform.customers.list({}, there)).data[0].id, customer.id);
    await assert.rejects(platform.customers.retrieve(customer.id), { code: 'resource_missing' });
    await assert.rejects(sandbox.stripe().customers.list({}, there), (error) => {
      assert.ok(error instanceof errors.StripePermissionError);
      assert.equal(error.code, 'account_invalid');
      return true;
    });
    // The same key in another account is another one.
    const options = { idempotencyKey: 'key-1' };
    const here = await platform.customers.create({ name: 'x' }, options);
    const other = await platform.customers.create({ name: 'x' }, { ...options, ...there });
    assert.notEqual(here.id, other.id);
  });
});
