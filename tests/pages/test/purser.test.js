// Purser's own pages: the choice of a price, and where buyers come back to.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Visitor, card, launch } from '../support/browser.js';
import { Shop, endlessName, hostileName } from '../support/shop.js';

const own = { sandbox: false };
const pay = { Email: 'ada@example.com', ...card() };
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

const product = (name, more = {}) => ({
  product: {
    display_name: name,
    customer_type: 'user',
    prices: {
      monthly: { amount: 1900, currency: 'usd', interval: [1, 'month'] },
      yearly: { amount: 19000, currency: 'usd', interval: [1, 'year'], free_trial: [14, 'day'] },
      once: { amount: 50000, currency: 'usd' },
    },
    included_items: {},
    ...more,
  },
});

describe('the purchase page', () => {
  test('a price is chosen, a card declined, then it is bought; all with the keyboard', async () => {
    const ada = await visit(await shop.checkout('ada', { product_id: 'pro' }));
    await ada.look('purchase', own);
    await ada.tabTo('19.00 USD');
    await ada.page.keyboard.press('ArrowDown');
    await ada.look('purchase-chosen', own);
    await ada.press('Continue to payment');
    assert.equal(new URL(ada.page.url()).origin, shop.sandbox);
    const { url } = { url: ada.page.url() };
    await ada.type({ ...pay, ...card('4000 0000 0000 0002') });
    await ada.press('Subscribe');
    assert.equal(await ada.text('[role=alert]'), 'Your card was declined.');
    await ada.type(pay);
    await ada.press('Subscribe');
    assert.equal(new URL(ada.page.url()).pathname, '/checkout/done');
    while (!/is complete/.test(await ada.text())) await ada.page.reload();
    await ada.look('done-granted', own);
    await ada.page.goto(url);
    assert.match(await ada.text(), /complete/);
    await ada.leave();
  });

  test('a quantity is asked for and checked', async () => {
    const what = product('Credits', { stackable: true, prices: {
      small: { amount: 1000, currency: 'usd' }, large: { amount: 9000, currency: 'usd' },
    } });
    const ada = await visit(await shop.checkout('buyer-of-many', what));
    await ada.look('purchase-quantity', own);
    await ada.page.evaluate(() => document.forms[0].setAttribute('novalidate', ''));
    await ada.tabTo('90.00 USD');
    await ada.page.keyboard.press('ArrowDown');
    await ada.type({ Quantity: '0' });
    await ada.press('Continue to payment');
    assert.match(await ada.text('[role=alert]'), /whole number from 1/);
    await ada.look('purchase-wrong', own);
    await ada.type({ Quantity: '3' });
    await ada.press('Continue to payment');
    assert.match(await ada.text('table'), /3\s+\$30\.00/);
    await ada.leave();
  });

  test('nothing chosen: the browser says so and stays', async () => {
    const ada = await visit(await shop.checkout('eve', { product_id: 'pro' }));
    await ada.tabTo('Continue to payment');
    await ada.page.keyboard.press('Enter');
    assert.match(ada.page.url(), /\/purchase\//);
    assert.equal(await ada.page.locator('input:invalid').count() > 0, true);
    await ada.leave();
  });

  for (const [what, name] of [['hostile', hostileName], ['endless', endlessName]]) {
    test(`a name that is ${what} is only a name`, async () => {
      const ada = await visit(await shop.checkout(what, product(name)));
      await ada.look(`purchase-${what}`, own);
      assert.equal(await ada.text('h1'), name);
      await ada.tabTo('19.00 USD');
      await ada.page.keyboard.press('Space');
      await ada.press('Continue to payment');
      await ada.look(`checkout-from-${what}`, { sandbox: true });
      await ada.type(pay);
      await Promise.all([ada.page.waitForNavigation(), ada.page.keyboard.press('Enter')]);
      while (!/is complete/.test(await ada.text())) await ada.page.reload();
      await ada.look(`done-${what}`, own);
      assert.ok((await ada.text()).includes(name));
      await ada.leave();
    });
  }

  test('a page that is not there says what to do', async () => {
    const ada = await visit(`${shop.url}/purchase/none`);
    await ada.look('purchase-gone', own);
    assert.match(await ada.text(), /not there any more/);
    await ada.leave();
  });
});

describe('the end page', () => {
  test('knows when nothing is paid yet, and when nothing will be', async () => {
    const ada = await visit(await shop.checkout('bob', { product_id: 'credits-1000' }));
    await ada.press('Cancel and return to the seller');
    assert.match(await ada.text(), /not paid yet/);
    await ada.look('done-pending', own);
    await ada.page.goto(`${shop.url}/checkout/done`);
    await ada.look('done-unknown', own);
    await ada.page.goto(shop.url);
    await ada.look('home', own);
    await ada.leave();
  });

  test('in the dark', async () => {
    const ada = await visit(await shop.checkout('carl', { product_id: 'pro' }), { colorScheme: 'dark' });
    await ada.look('purchase-dark', own);
    await ada.leave();
  });
});
