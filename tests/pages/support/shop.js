// A running server with its sandbox, a project with a catalog, and what a shop asks of both.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, run } from '../../node/program.mjs';

const catalog = new URL('../../../examples/catalog.yaml', import.meta.url).pathname;

/** Names as an attacker would choose them: markup, and a word that never ends. */
export const hostileName = '<img src=x onerror="window.hostile=1"></td><script>window.hostile=1</script>';
export const endlessName = `Endless${'ness'.repeat(45)}`;

export class Shop {
  #server;
  #folder = mkdtempSync(join(tmpdir(), 'purser-pages-'));
  #key = `sk_test_pages_${process.pid}`;

  static async open() {
    const shop = new Shop();
    const data = join(shop.#folder, 'data');
    shop.#server = await Program.start(['serve', '--data', data, '--listen', '127.0.0.1:0'],
      /serves on (\S+) \(Stripe sandbox on (\S+)\)/);
    [, shop.url, shop.sandbox] = shop.#server.match;
    const made = await run(
      ['project', 'create', 'Ada’s <b>shop</b>', '--id', 'shop', '--json', '--data', data]);
    assert.equal(made.code, 0, made.problems);
    shop.keys = JSON.parse(made.out);
    const applied = await run(['catalog', 'apply', catalog, '--project', 'shop', '--data', data]);
    assert.equal(applied.code, 0, applied.problems);
    return shop;
  }

  async close() {
    await this.#server.end();
    rmSync(this.#folder, { recursive: true });
  }

  /** The address where a user can buy something: { product_id } or { product }. */
  async checkout(user, what) {
    await this.#post('/users', { id: user });
    return (await this.#post(`/customers/user/${user}/checkout`, what)).url;
  }

  async #post(path, document) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.keys.secret_server_key}`, 'content-type': 'application/json' },
      body: JSON.stringify(document),
    });
    const answer = await response.json();
    assert.ok(response.ok, JSON.stringify(answer));
    return answer;
  }

  /** A request to the sandbox's Stripe API, in an account of this shop's own. */
  async stripe(method, path, form = {}) {
    const response = await fetch(`${this.sandbox}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}` },
      body: method === 'POST' ? new URLSearchParams(form) : undefined,
    });
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    return answer;
  }

  /** A checkout session for one thing with this name. */
  session(form = {}, name = 'Credits') {
    return this.stripe('POST', 'checkout/sessions', {
      mode: 'payment',
      success_url: `${this.url}/checkout/done`,
      cancel_url: `${this.url}/`,
      ...(form.mode === 'setup' ? {} : {
        'line_items[0][quantity]': '1',
        'line_items[0][price_data][currency]': 'usd',
        'line_items[0][price_data][unit_amount]': '1900',
        'line_items[0][price_data][product_data][name]': name,
      }),
      ...form,
    });
  }

  /** An open invoice of a customer without a card. */
  async invoice(description) {
    const { id: customer } = await this.stripe('POST', 'customers', { name: 'Ada' });
    await this.stripe('POST', 'invoiceitems', { customer, amount: '4200', currency: 'eur', description });
    const { id } = await this.stripe('POST', 'invoices', { customer, currency: 'eur', pending_invoice_items_behavior: 'include' });
    return this.stripe('POST', `invoices/${id}/finalize`);
  }
}
