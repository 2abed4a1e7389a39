// Selling, granting, switching and cancelling, by every version of the SDK.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inline, payments } from '../support/catalog.js';
import { Purser, buy, refuses, sdks, until } from '../support/stack.js';

let purser;
before(async () => (purser = await Purser.start()));
after(() => purser?.close());

/** A refusal that is only a sentence: the SDK shows it with the status. */
async function says(promise, sentence) {
  const problem = await promise.then(() => assert.fail(`not refused; expected ${sentence}`), (error) => error);
  if (problem instanceof assert.AssertionError) throw problem;
  const text = [problem.message, problem.cause?.message, problem.extraData && JSON.stringify(problem.extraData)].join(' ');
  assert.ok(text.includes(sentence), text);
}

/** Goes through the card form, as a page with Stripe.js does; answers the setup intent. */
async function keepCard(me) {
  const intent = await me.createPaymentMethodSetupIntent();
  assert.match(intent.stripeAccountId, /^acct_/);
  const id = intent.clientSecret.split('_secret_')[0];
  await says(me.setDefaultPaymentMethodFromSetupIntent(id), 'Setup intent has not succeeded.');
  const page = `${purser.sandbox}/c/setup/${intent.clientSecret}?return_url=${encodeURIComponent(purser.url)}`;
  const kept = await fetch(page, {
    method: 'POST', redirect: 'manual',
    body: new URLSearchParams({ number: '4242424242424242', expiry: '12/34', cvc: '123', name: 'Ada', email: 'a@example.com' }),
  });
  assert.ok(kept.status < 400, await kept.text());
  assert.equal((await me.setDefaultPaymentMethodFromSetupIntent(id)).last4, '4242');
  return id;
}

for (const version of Object.keys(sdks)) {
  describe(`products, ${version}`, () => {
    let project;
    before(async () => {
      project = await purser.project(version);
      await project.configure({ payments });
    });
    const credits = async (userId) => (await project.server().getItem({ userId, itemId: 'credits' })).quantity;
    const owned = async (userId) => (await project.server().listProducts({ userId })).map((one) => one.id);

    test('are granted by a server to all kinds of customers', async () => {
      const ada = await project.signedIn();
      const server = project.server();
      await server.grantProduct({ userId: ada.user.id, productId: 'pack', quantity: 3 });
      assert.equal(await credits(ada.user.id), 300);
      await (await project.server().getUser(ada.user.id)).grantProduct({ productId: 'licence' });
      const list = await project.server().listProducts({ userId: ada.user.id });
      assert.deepEqual(list.map((one) => [one.id, one.quantity, one.type, one.displayName, one.stackable]), [
        ['licence', 1, 'one_time', 'Licence', false], ['pack', 3, 'one_time', 'Pack', true],
      ]);
      assert.equal(list.nextCursor, null);

      const team = await ada.me.createTeam({ displayName: 'Crew' });
      await (await project.server().getTeam(team.id)).grantProduct({ productId: 'team-plan' });
      assert.equal((await project.server().getItem({ teamId: team.id, itemId: 'seats' })).quantity, 5);
      await server.grantProduct({ customCustomerId: 'acme', productId: 'token-pack', quantity: 2 });
      assert.equal((await project.server().getItem({ customCustomerId: 'acme', itemId: 'tokens' })).quantity, 1000);
      assert.equal((await project.server().listProducts({ customCustomerId: 'acme' })).length, 1);
    });

    test('that are described in the call fold into one row', async () => {
      const { user } = await project.signedIn();
      const server = project.server();
      await server.grantProduct({ userId: user.id, product: inline() });
      await server.grantProduct({ userId: user.id, product: inline('user', { display_name: 'Another' }) });
      const [row, ...more] = await project.server().listProducts({ userId: user.id });
      assert.deepEqual(more, []);
      assert.deepEqual([row.id, row.quantity], [null, 2]);
    });

    test('are refused by name', async () => {
      const { user, me, client } = await project.signedIn();
      const server = project.server();
      const grant = (more) => server.grantProduct({ userId: user.id, ...more });
      await refuses(grant({ productId: 'none' }), project.sdk, 'PRODUCT_DOES_NOT_EXIST');
      await refuses(grant({ productId: 'credits' }), project.sdk, 'PRODUCT_DOES_NOT_EXIST');
      await refuses(grant({ productId: 'team-plan' }), project.sdk, 'PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH');
      await says(grant({ productId: 'licence', quantity: 2 }), 'This product is not stackable; quantity must be 1');
      await grant({ productId: 'licence' });
      await refuses(grant({ productId: 'licence' }), project.sdk, 'PRODUCT_ALREADY_GRANTED');
      await refuses(me.createCheckoutUrl({ productId: 'licence' }), project.sdk, 'PRODUCT_ALREADY_GRANTED');
      await refuses(me.createCheckoutUrl({ productId: 'secret' }), project.sdk, 'PRODUCT_DOES_NOT_EXIST');
      await refuses(me.createCheckoutUrl({ productId: 'pack', returnUrl: 'https://evil.example.com/' }), project.sdk,
        'REDIRECT_URL_NOT_WHITELISTED');
      await says(client.cancelSubscription({ productId: 'licence' }), 'This product is a one time purchase and cannot be canceled.');
      await says(client.cancelSubscription({ productId: 'pro' }), 'Customer does not have this product.');
      await project.configure({ 'payments.blockNewPurchases': true });
      await refuses(me.createCheckoutUrl({ productId: 'pack' }), project.sdk, 'NEW_PURCHASES_BLOCKED');
      await project.configure({ 'payments.blockNewPurchases': false });
    });

    test('are listed to their end, a page at a time, by server and user', async () => {
      const { user, tokens } = await project.signedIn();
      const server = project.server();
      for (const productId of ['pack', 'licence', 'secret']) await server.grantProduct({ userId: user.id, productId });
      await server.grantProduct({ userId: user.id, product: inline() });
      const pages = async (list) => {
        const seen = [];
        let cursor;
        do {
          const page = await list({ limit: 1, cursor });
          assert.equal(page.length, 1);
          seen.push(page[0].id);
          cursor = page.nextCursor ?? undefined;
        } while (cursor);
        return seen;
      };
      const all = await pages((page) => project.server().listProducts({ userId: user.id, ...page }));
      assert.equal(new Set(all).size, 4);
      assert.ok(all.includes(null));
      const own = await pages(async (page) => (await project.client(tokens).getUser()).listProducts(page));
      assert.deepEqual(own, ['licence', 'pack'], 'what is for servers only is not shown to users');
      await says(project.server().listProducts({ userId: user.id, cursor: 'nonsense' }), 'Invalid cursor');
    });

    test('are bought through the pages of the sandbox', async () => {
      const { user, me, tokens } = await project.signedIn();
      const url = await me.createCheckoutUrl({ productId: 'pack', returnUrl: 'http://localhost:3000/thanks' });
      const declined = await buy(purser, url, { number: '4000000000000002' });
      assert.equal(declined.status, 402);
      assert.equal(await credits(user.id), 0);
      const again = await me.createCheckoutUrl({ productId: 'pack', returnUrl: 'http://localhost:3000/thanks' });
      const paid = await buy(purser, again);
      assert.equal(paid.status, 303, paid.text);
      await until(async () => (await owned(user.id)).includes('pack'));
      assert.equal(await credits(user.id), 100);
      const invoices = await until(async () => {
        const list = await (await project.client(tokens).getUser()).listInvoices();
        return list.length > 0 && list;
      });
      assert.deepEqual([invoices[0].status, invoices[0].amountTotal], ['paid', 1000]);

      const own = await (await project.server().getUser(user.id)).createCheckoutUrl({ product: inline() });
      assert.equal((await buy(purser, own)).status, 303);
      await until(async () => (await owned(user.id)).includes(null));
    });

    test('by subscription: bought, seen, switched and cancelled', async () => {
      const { user, me, tokens } = await project.signedIn();
      const bought = await buy(purser, await me.createCheckoutUrl({ productId: 'starter' }));
      assert.equal(bought.status, 303, bought.text);
      await until(async () => (await owned(user.id)).includes('starter'));
      assert.equal(await credits(user.id), 10);
      const [starter] = await (await project.client(tokens).getUser()).listProducts();
      assert.equal(starter.type, 'subscription');
      assert.equal(starter.subscription.isCancelable, true);
      assert.equal(starter.subscription.cancelAtPeriodEnd, false);
      assert.ok(starter.subscription.currentPeriodEnd > new Date());
      assert.deepEqual(starter.switchOptions.map((one) => one.productId), ['pro']);
      assert.equal(starter.switchOptions[0].prices.monthly.USD, '19');

      const billing = await me.getBilling();
      assert.equal(billing.hasCustomer, true);
      assert.equal(billing.defaultPaymentMethod, null, 'the card of the checkout is the subscription\'s');
      await says(me.switchSubscription({ fromProductId: 'starter', toProductId: 'starter' }), 'Product is already active.');
      await says(me.switchSubscription({ fromProductId: 'starter', toProductId: 'pack' }), 'Products must be in the same product line to switch.');
      await me.switchSubscription({ fromProductId: 'starter', toProductId: 'pro', priceId: 'monthly' });
      await until(async () => (await owned(user.id)).includes('pro'));
      assert.deepEqual(await owned(user.id), ['pro']);
      assert.equal(await credits(user.id), 50);

      const client = project.client(tokens);
      await client.cancelSubscription({ productId: 'pro' });
      const [after] = await (await project.client(tokens).getUser()).listProducts();
      assert.equal(after.id, 'pro', 'paid until the period ends');
      await says(client.cancelSubscription({ productId: 'pro', subscriptionId: 'none' }),
        'No active subscription found with this ID for the given customer.');
    });

    test('for a team, by its administrator', async () => {
      const { me, tokens } = await project.signedIn();
      const team = await me.createTeam({ displayName: 'Crew' });
      const own = async () => (await project.client(tokens).getUser()).getTeam(team.id);
      const paid = await buy(purser, await (await own()).createCheckoutUrl({ productId: 'team-plan' }));
      assert.equal(paid.status, 303, paid.text);
      await until(async () => (await (await own()).listProducts()).length > 0);
      assert.equal((await (await own()).getItem('seats')).quantity, 5);
      assert.equal((await (await own()).getBilling()).hasCustomer, true);
      assert.equal((await (await own()).listInvoices())[0].amountTotal, 4900);
      await project.client(tokens).cancelSubscription({ productId: 'team-plan', teamId: team.id });
    });

    test('a card is kept for later', async () => {
      const { me, tokens } = await project.signedIn();
      assert.equal((await me.getBilling()).defaultPaymentMethod, null);
      const id = await keepCard(me);
      assert.equal((await project.client(tokens).getUser().then((one) => one.getBilling())).defaultPaymentMethod.last4, '4242');
      const { me: other } = await project.signedIn();
      await says(other.setDefaultPaymentMethodFromSetupIntent(id), 'Setup intent does not belong to this customer.');
    });

    test('in test mode, without a card', async () => {
      const own = await purser.project(version);
      await own.configure({ payments: { ...payments, testMode: true } });
      const { user, me } = await own.signedIn();
      const url = new URL(await me.createCheckoutUrl({ productId: 'pack' }));
      const full_code = url.pathname.split('/').pop();
      const seen = await own.raw('POST', '/payments/purchases/validate-code', { body: { full_code } });
      assert.equal(seen.status, 200, seen.text);
      assert.equal(seen.body.test_mode, true);
      assert.equal(seen.body.product.display_name, 'Pack');
      const done = await own.raw('POST', '/internal/payments/test-mode-purchase-session',
        { body: { full_code, price_id: 'once', quantity: 2 } });
      assert.deepEqual([done.status, done.body], [200, { success: true }]);
      assert.equal((await own.server().getItem({ userId: user.id, itemId: 'credits' })).quantity, 200);
      const used = await own.raw('POST', '/payments/purchases/validate-code', { body: { full_code } });
      assert.equal(used.known, 'VERIFICATION_CODE_NOT_FOUND');
    });
  });
}
