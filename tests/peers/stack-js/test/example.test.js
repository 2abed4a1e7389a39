// The example's web app, as a visitor uses it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Purser, buy, until } from '../support/stack.js';

const folder = new URL('../../../../examples/node-app/', import.meta.url).pathname;
let purser;
let app;
let url;
const environment = {};

function program(name) {
  return spawn(process.execPath, [name], {
    cwd: folder, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'],
  });
}

before(async () => {
  purser = await Purser.start();
  const project = await purser.project('2.8.108', 'Oracle');
  Object.assign(environment, {
    PORT: '0',
    PURSER_URL: purser.url,
    PURSER_PROJECT_ID: project.id,
    PURSER_PUBLISHABLE_CLIENT_KEY: project.keys.publishable_client_key,
    PURSER_SECRET_SERVER_KEY: project.keys.secret_server_key,
    PURSER_SUPER_SECRET_ADMIN_KEY: project.keys.super_secret_admin_key,
  });
  const [code] = await once(program('set_up.js'), 'close');
  assert.equal(code, 0);
  app = program('app.js');
  const [line] = await once(createInterface({ input: app.stdout }), 'line');
  url = /http:\S+/.exec(line)[0];
});
after(async () => {
  app?.kill();
  await purser?.close();
});

/** A visitor with a cookie. */
class Visitor {
  #cookie = '';

  async go(method, path, form) {
    const response = await fetch(url + path, {
      method, redirect: 'manual', headers: { cookie: this.#cookie },
      body: form && new URLSearchParams(form),
    });
    const cookie = response.headers.get('set-cookie');
    if (cookie) this.#cookie = cookie.split(';')[0];
    return { status: response.status, location: response.headers.get('location'), text: await response.text() };
  }

  async credits() {
    return Number(/id="credits">(-?\d+)</.exec((await this.go('GET', '/')).text)[1]);
  }
}

test('a visitor signs up, buys credits, spends them until they do not suffice, and comes back', async () => {
  const ada = new Visitor();
  assert.match((await ada.go('GET', '/')).text, /Sign up/);
  const account = { email: 'ada@example.com', password: 'correct horse' };
  assert.equal((await ada.go('POST', '/sign-up', account)).status, 303);
  assert.equal(await ada.credits(), 0);
  assert.equal((await ada.go('POST', '/ask')).status, 402);

  const checkout = await ada.go('POST', '/buy');
  assert.equal(checkout.status, 303, checkout.text);
  const paid = await buy(purser, checkout.location);
  assert.equal(paid.status, 303, paid.text);
  await until(async () => (await ada.credits()) === 100);
  for (const left of [60, 20]) {
    const said = await ada.go('POST', '/ask');
    assert.match(said.text, /The oracle says/);
    assert.equal(await ada.credits(), left);
  }
  const refused = await ada.go('POST', '/ask');
  assert.equal(refused.status, 402);
  assert.match(refused.text, /too few credits/);
  assert.equal(await ada.credits(), 20);

  await ada.go('POST', '/sign-out');
  assert.match((await ada.go('GET', '/')).text, /Sign up/);
  assert.match((await ada.go('POST', '/sign-in', { ...account, password: 'wrong horse' })).text, /Wrong e-mail or password/);
  assert.equal((await ada.go('POST', '/sign-in', account)).status, 303);
  assert.equal(await ada.credits(), 20);
});
