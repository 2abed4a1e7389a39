// Connected accounts, their onboarding and their events.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hook } from '../support/hook.js';
import { Sandbox, Stripe, submit } from '../support/sandbox.js';

let sandbox;
before(async () => (sandbox = await Sandbox.start()));
after(() => sandbox.end());

test('an account is onboarded through its link', async () => {
  const stripe = sandbox.stripe();
  const account = await stripe.accounts.create({
    type: 'express', country: 'DE', email: 'shop@example.com', business_type: 'company', metadata: { k: 'v' },
  });
  assert.deepEqual([account.type, account.country, account.charges_enabled], ['express', 'DE', false]);
  assert.ok(account.requirements.currently_due.length > 0);
  const link = await stripe.accountLinks.create({
    account: account.id, type: 'account_onboarding',
    refresh_url: 'https://shop.example/again', return_url: 'https://shop.example/back',
  });
  assert.ok(link.expires_at > link.created);
  assert.equal((await fetch(link.url)).status, 200);
  assert.equal((await submit(link.url, {})).location, 'https://shop.example/back');
  const ready = await stripe.accounts.retrieve(account.id);
  assert.deepEqual([ready.charges_enabled, ready.payouts_enabled, ready.details_submitted], [true, true, true]);
  assert.equal((await fetch(link.url, { redirect: 'manual' })).headers.get('location'), 'https://shop.example/again');
  assert.equal((await stripe.accounts.list()).data[0].id, account.id);
  const renamed = await stripe.accounts.update(account.id, { business_profile: { name: 'Shop' } });
  assert.equal(renamed.business_profile.name, 'Shop');
  await assert.rejects(stripe.accountLinks.create({
    account: 'acct_no', type: 'account_onboarding', refresh_url: 'https://x.example', return_url: 'https://x.example',
  }), Stripe.errors.StripeInvalidRequestError);
});

test('events of connected accounts go to connect endpoints and name the account', async () => {
  const stripe = sandbox.stripe();
  const { id: account } = await stripe.accounts.create({ type: 'standard' });
  const hook = await Hook.start();
  await hook.register(stripe, ['customer.created'], { connect: true });
  await stripe.customers.create({ name: 'own' });
  await stripe.customers.create({ name: 'theirs' }, { stripeAccount: account });
  const { event } = await hook.next();
  assert.deepEqual([event.account, event.data.object.name], [account, 'theirs']);
  hook.end();
});
