// The sandbox's hosted pages. Everything is done with the keyboard.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Visitor, card, launch } from '../support/browser.js';
import { Shop, endlessName, hostileName } from '../support/shop.js';

const sandbox = { sandbox: true };
const monthly = { mode: 'subscription', 'line_items[0][price_data][recurring][interval]': 'month' };
let shop;
let browser;
before(async () => {
  shop = await Shop.open();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await shop?.close();
});

async function visit(url, options) {
  const visitor = await Visitor.come(browser, options);
  await visitor.page.goto(url);
  return visitor;
}

const pay = { Email: 'ada@example.com', ...card() };

describe('checkout', () => {
  test('payment: declined, then paid', async () => {
    const { id, url } = await shop.session();
    const ada = await visit(url);
    await ada.look('checkout-payment', sandbox);
    assert.match(await ada.text(), /Credits\s+1\s+\$19\.00/);
    await ada.type({ ...pay, ...card('4000 0000 0000 0002') });
    await ada.press('Pay $19.00');
    assert.equal(await ada.text('[role=alert]'), 'Your card was declined.');
    await ada.look('checkout-declined', sandbox);
    assert.equal(await ada.page.getByLabel('Email').inputValue(), 'ada@example.com', 'typed before');
    assert.equal(await ada.page.getByLabel('Name').inputValue(), 'Ada Buyer');
    assert.equal(await ada.page.getByLabel('Card number').inputValue(), '', 'never shown again');
    await ada.type({ 'Card number': '4242424242424242', 'Security code': '123' });
    await ada.press('Pay $19.00');
    assert.equal(new URL(ada.page.url()).pathname, '/checkout/done');
    assert.equal((await shop.stripe('GET', `checkout/sessions/${id}`)).payment_status, 'paid');
    await ada.page.goto(url);
    assert.match(await ada.text('h1'), /Already paid/);
    await ada.look('checkout-complete', sandbox);
    await ada.leave();
  });

  test('each mistake in the form is named, and a real card is turned away', async () => {
    const { url } = await shop.session();
    const ada = await visit(url);
    await ada.type({ Email: 'ada@example.com', Name: 'Ada' });
    for (const [fields, message] of [
      [{ 'Card number': '4242 4242 4242 4241' }, /card number is invalid/],
      [{ Expiry: '12 / 20' }, /expiration date is in the past/],
      [{ Expiry: '1' }, /Write it as MM \/ YY/],
      [{ 'Security code': '1' }, /security code is incomplete/],
      [{ 'Card number': '4111 1111 1111 1111' }, /Never type a real card number/],
      [{ 'Card number': '4000 0000 0000 9995' }, /insufficient funds/],
    ]) {
      const { Name: _, ...typed } = card();
      await ada.page.evaluate(() => document.activeElement.blur());
      await ada.type({ ...typed, ...fields });
      await ada.press('Pay $19.00');
      assert.match(await ada.text('[role=alert]'), message);
    }
    await ada.look('checkout-insufficient', sandbox);
    await ada.page.goto(url);
    await ada.tabTo('Pay $19.00');
    await ada.page.keyboard.press('Enter');
    assert.equal(await ada.page.evaluate(() => document.activeElement.name), 'email', 'what is empty gets the focus');
    await ada.leave();
  });

  test('the bank asks: refused, then confirmed', async () => {
    const { id, url } = await shop.session();
    const ada = await visit(url);
    await ada.type({ ...pay, ...card('4000 0000 0000 3220') });
    await ada.press('Pay $19.00');
    assert.match(await ada.text(), /paying \$19\.00/);
    await ada.look('challenge-payment', sandbox);
    await ada.press('Fail authentication');
    assert.match(await ada.text('[role=alert]'), /authenticat/i);
    await ada.look('challenge-failed', sandbox);
    await ada.type({ ...pay, ...card('4000 0000 0000 3220') });
    await ada.press('Pay $19.00');
    await ada.press('Complete authentication');
    assert.equal((await shop.stripe('GET', `checkout/sessions/${id}`)).payment_status, 'paid');
    await ada.leave();
  });

  test('subscription, with a trial', async () => {
    const { id, url } = await shop.session({ ...monthly, 'subscription_data[trial_period_days]': '14' }, 'Pro');
    const ada = await visit(url);
    await ada.look('checkout-subscription', sandbox);
    assert.match(await ada.text(), /14 days free, then \$19\.00 every month/);
    await ada.type(pay);
    await ada.press('Subscribe');
    const { subscription } = await shop.stripe('GET', `checkout/sessions/${id}`);
    assert.equal((await shop.stripe('GET', `subscriptions/${subscription}`)).status, 'trialing');
    await ada.leave();
    const paid = await shop.session(monthly, 'Pro');
    const eve = await visit(paid.url);
    assert.match(await eve.text(), /\$19\.00 every month/);
    await eve.type(pay);
    await eve.press('Subscribe and pay $19.00');
    assert.equal((await shop.stripe('GET', `checkout/sessions/${paid.id}`)).payment_status, 'paid');
    await eve.leave();
  });

  test('setup', async () => {
    const { id, url } = await shop.session({ mode: 'setup', currency: 'usd' });
    const ada = await visit(url);
    assert.match(await ada.text(), /Nothing is paid now/);
    await ada.look('checkout-setup', sandbox);
    await ada.type(pay);
    await ada.press('Save card');
    assert.equal((await shop.stripe('GET', `checkout/sessions/${id}`)).status, 'complete');
    await ada.leave();
  });

  test('card or bank debit, chosen with the arrow keys', async () => {
    const { id, url } = await shop.session({
      'payment_method_types[0]': 'card', 'payment_method_types[1]': 'us_bank_account',
    });
    const ada = await visit(url);
    await ada.look('checkout-debit', sandbox);
    await ada.type({ Email: 'ada@example.com' });
    await ada.tabTo('Card');
    await ada.page.keyboard.press('ArrowDown');
    await ada.type({ Name: 'Ada' });
    await ada.press('Pay $19.00');
    assert.equal((await shop.stripe('GET', `checkout/sessions/${id}`)).payment_status, 'unpaid');
    await ada.leave();
  });

  test('can be left, and says so when it is over', async () => {
    const { id, url } = await shop.session();
    const ada = await visit(url);
    await ada.press('Cancel and return to the seller');
    assert.equal(ada.page.url(), `${shop.url}/`);
    await shop.stripe('POST', `checkout/sessions/${id}/expire`);
    await ada.page.goto(url);
    assert.match(await ada.text(), /expired\. Nothing was paid/);
    await ada.look('checkout-expired', sandbox);
    await ada.page.goto(`${shop.sandbox}/c/pay/cs_no`);
    await ada.look('not-found', sandbox);
    await ada.leave();
  });

  for (const [what, name] of [['hostile', hostileName], ['endless', endlessName]]) {
    test(`a name that is ${what} is only a name`, async () => {
      const { url } = await shop.session({}, name);
      const ada = await visit(url);
      await ada.look(`checkout-${what}`, sandbox);
      assert.ok((await ada.text('table')).includes(name));
      await ada.type({ ...pay, ...card('4000 0000 0000 0002'), Name: '"><script>window.hostile=1</script>' });
      await ada.press('Pay $19.00');
      await ada.look(`checkout-${what}-declined`, sandbox);
      await ada.leave();
    });
  }

  test('in the dark', async () => {
    const { url } = await shop.session(monthly);
    const ada = await visit(url, { colorScheme: 'dark' });
    await ada.type({ ...pay, ...card('4000 0000 0000 0002') });
    await ada.press('Subscribe and pay $19.00');
    await ada.look('checkout-dark', sandbox);
    await ada.leave();
  });
});

describe('the page of an invoice', () => {
  test('declined, asked by the bank, paid', async () => {
    const { id, hosted_invoice_url: url } = await shop.invoice(hostileName);
    const ada = await visit(url);
    await ada.look('invoice', sandbox);
    assert.ok((await ada.text('table')).includes(hostileName));
    await ada.type(card('4000 0000 0000 0002'));
    await ada.press('Pay');
    assert.equal(await ada.text('[role=alert]'), 'Your card was declined.');
    await ada.look('invoice-declined', sandbox);
    await ada.type(card('4000 0000 0000 3220'));
    await ada.press('Pay');
    await ada.look('challenge-invoice', sandbox);
    await ada.press('Complete authentication');
    assert.match(await ada.text(), /42\.00 was paid/);
    await ada.look('invoice-paid', sandbox);
    assert.equal((await shop.stripe('GET', `invoices/${id}`)).status, 'paid');
    await ada.leave();
  });
});

describe('the card form of a setup intent', () => {
  test('declined, asked by the bank, saved', async () => {
    const { id: customer } = await shop.stripe('POST', 'customers', { name: 'Ada' });
    const { id, client_secret: secret } = await shop.stripe('POST', 'setup_intents', { customer });
    const back = `${shop.url}/checkout/done`;
    const ada = await visit(`${shop.sandbox}/c/setup/${secret}?return_url=${encodeURIComponent(back)}`);
    await ada.look('card-form', sandbox);
    await ada.type(card('4000 0000 0000 0002'));
    await ada.press('Save card');
    assert.equal(await ada.text('[role=alert]'), 'Your card was declined.');
    await ada.look('card-form-declined', sandbox);
    await ada.type(card('4000 0025 0000 3155'));
    await ada.press('Save card');
    await ada.look('challenge-setup', sandbox);
    await ada.press('Complete authentication');
    await ada.look('card-form-saved', sandbox);
    await ada.press('Return to the seller');
    const address = new URL(ada.page.url());
    assert.equal(address.origin + address.pathname, back);
    assert.equal(address.searchParams.get('redirect_status'), 'succeeded');
    assert.equal((await shop.stripe('GET', `setup_intents/${id}`)).status, 'succeeded');
    await ada.leave();
  });
});

describe('onboarding', () => {
  test('a seller completes it', async () => {
    const { id: account } = await shop.stripe('POST', 'accounts', { type: 'standard' });
    const { url } = await shop.stripe('POST', 'account_links', {
      account, type: 'account_onboarding', refresh_url: `${shop.url}/`, return_url: `${shop.url}/`,
    });
    const seller = await visit(url);
    await seller.look('onboarding', sandbox);
    await seller.press('Complete onboarding');
    assert.equal((await shop.stripe('GET', `accounts/${account}`)).charges_enabled, true);
    await seller.leave();
  });
});
