// The unmodified SDK in its versions, and a running Purser for it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, run } from '../../../node/program.mjs';

/** Version → the package. */
export const sdks = {};
for (const version of ['2.8.77', '2.8.102', '2.8.108']) sdks[version] = await import(`stack-${version}`);

/** The fixed keys of the project in which those live who make projects. */
export const internalKeys = ['pck_peer_internal_client', 'ssk_peer_internal_server', 'sak_peer_internal_admin'];

/** A running Purser with its sandbox, and projects in it. */
export class Purser {
  #program;
  #folder = mkdtempSync(join(tmpdir(), 'purser-stack-'));
  #data = join(this.#folder, 'data');

  static async start(settings = {}) {
    const purser = new Purser();
    await purser.#serve(settings);
    return purser;
  }

  async #serve(settings) {
    this.#program = await Program.start(
      ['serve', '--data', this.#data, '--listen', '127.0.0.1:0'],
      /serves on (\S+) \(Stripe sandbox on (\S+)\)/, settings);
    [, this.url, this.sandbox] = this.#program.match;
  }

  async restart(settings = {}) {
    await this.#program.end();
    await this.#serve(settings);
  }

  async close() {
    await this.#program.end();
    rmSync(this.#folder, { recursive: true });
  }

  /** A project of its own for one version of the SDK. */
  async project(version, name = 'Shop') {
    const id = randomUUID();
    const made = await run(['project', 'create', name, '--id', id, '--json', '--data', this.#data]);
    assert.equal(made.code, 0, made.problems);
    return new Project(this, version, id, JSON.parse(made.out));
  }
}

/** A project, and the apps of the SDK for it. */
export class Project {
  constructor(purser, version, id, keys) {
    Object.assign(this, { purser, version, id, keys, sdk: sdks[version] });
  }

  #options(more) {
    return {
      projectId: this.id,
      baseUrl: this.purser.url,
      publishableClientKey: this.keys.publishable_client_key,
      tokenStore: null,
      redirectMethod: 'none',
      ...more,
    };
  }

  admin() {
    return new this.sdk.StackAdminApp(this.#options({
      secretServerKey: this.keys.secret_server_key,
      superSecretAdminKey: this.keys.super_secret_admin_key,
    }));
  }

  /** `tokens`: a session's, for what the SDK asks as its user. */
  server(tokens = null) {
    return new this.sdk.StackServerApp(
      this.#options({ secretServerKey: this.keys.secret_server_key, tokenStore: tokens }));
  }

  /** `tokens`: a user's; "memory" for one who signs in or up. */
  client(tokens = 'memory', more = {}) {
    return new this.sdk.StackClientApp(this.#options({ tokenStore: tokens, ...more }));
  }

  /** Changes the configuration by dot paths, as the dashboard of the original does. */
  async configure(change) {
    const project = await this.admin().getProject();
    await project.updateConfig(change);
  }

  /** A new user, who is signed in: { user, tokens, client, me }. */
  async signedIn(options = {}) {
    const user = await this.server().createUser({ displayName: 'Ada', ...options });
    const session = await user.createSession({});
    const tokens = await session.getTokens();
    const client = this.client(tokens);
    return { user, tokens, client, me: await client.getUser() };
  }

  /** A request as the SDK would send it; answers { status, known, body, text }. */
  async raw(method, path, { access = 'client', headers = {}, body, tokens } = {}) {
    const keys = {
      client: { 'x-stack-publishable-client-key': this.keys.publishable_client_key },
      server: { 'x-stack-secret-server-key': this.keys.secret_server_key },
      admin: { 'x-stack-super-secret-admin-key': this.keys.super_secret_admin_key },
    };
    const response = await fetch(`${this.purser.url}/api/v1${path}`, {
      method,
      headers: {
        'x-stack-access-type': access,
        'x-stack-project-id': this.id,
        ...keys[access],
        ...(tokens && { 'x-stack-access-token': tokens.accessToken }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const known = response.headers.get('x-stack-known-error');
    return { status: response.status, known, text, headers: response.headers, body: parsed(text) };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asserts that the SDK refuses with this known error, and answers it. */
export async function refuses(promise, sdk, code) {
  const problem = await promise.then(() => assert.fail(`not refused; expected ${code}`), (error) => error);
  if (problem instanceof assert.AssertionError) throw problem;
  const seen = problem.errorCode ?? problem.code;
  assert.equal(seen, code, `${problem.message}\n${problem.stack}`);
  return problem;
}

/** The claims of a token. */
export const claims = ({ accessToken }) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString());

/** Waits until a condition holds that comes about by what was done before: a webhook, say. */
export async function until(condition) {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await new Promise(setImmediate);
  }
}

const card = { number: '4242424242424242', expiry: '12 / 34', cvc: '123', name: 'Ada Buyer', email: 'ada@example.com' };

async function submit(url, form) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
}

/** Goes through the pages as a buyer does: choice of a price where there is one, then the card. */
export async function buy(purser, url, { price, quantity, number } = {}) {
  let at = url;
  if (new URL(at).pathname.startsWith('/purchase/')) {
    const page = await (await fetch(at)).text();
    const [, first] = /name="price_id" value="([^"]*)"/.exec(page) ?? assert.fail(page);
    const chosen = await submit(at, { price_id: price ?? first, quantity: `${quantity ?? 1}` });
    assert.equal(chosen.status, 303, chosen.text);
    at = chosen.location;
  }
  assert.equal(new URL(at).origin, purser.sandbox);
  return submit(at, { ...card, ...(number && { number }) });
}
