// Projects that are made through the SDK: by users of the project "internal", whose keys are configured.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Project, Purser, internalKeys, refuses, sdks } from '../support/stack.js';

const fixed = { PURSER_COMPAT_INTERNAL_PROJECT_KEYS: internalKeys.join(',') };
const [publishable_client_key, secret_server_key, super_secret_admin_key] = internalKeys;
let purser;
before(async () => (purser = await Purser.start(fixed)));
after(() => purser?.close());

const internal = (version) =>
  new Project(purser, version, 'internal', { publishable_client_key, secret_server_key, super_secret_admin_key });

/** Someone who signed up to make projects: { client, me, team }. */
async function owner(version, name) {
  const client = internal(version).client();
  const up = await client.signUpWithCredential({
    email: `${name}-${version}@example.com`, password: 'correct horse', noRedirect: true, noVerificationCallback: true,
  });
  assert.equal(up.status, 'ok');
  const me = await client.getUser();
  return { client, me, team: await me.createTeam({ displayName: `${name}'s team` }) };
}

for (const version of Object.keys(sdks)) {
  describe(`projects, ${version}`, () => {
    let ada;
    let project;
    before(async () => {
      ada = await owner(version, 'ada');
      project = await ada.me.createProject({ displayName: 'Made by Ada', teamId: ada.team.id, isProductionMode: false });
    });

    test('belong to a team, whose members see them', async () => {
      assert.equal(project.displayName, 'Made by Ada');
      assert.equal(project.ownerTeamId, ada.team.id);
      assert.deepEqual((await ada.me.listOwnedProjects()).map((one) => one.id), [project.id]);
      const eve = await owner(version, 'eve');
      assert.deepEqual(await eve.me.listOwnedProjects(), []);
      await refuses(eve.me.createProject({ displayName: 'Stolen', teamId: ada.team.id }), project.sdk, 'TEAM_NOT_FOUND');
    });

    test('are administrated with their owners\' own tokens, and no one else\'s', async () => {
      await project.update({ displayName: 'Renamed', config: { allowLocalhost: false, domains: [{ domain: 'https://app.example.com', handlerPath: '/handler' }] } });
      const [seen] = await ada.me.listOwnedProjects();
      assert.equal(seen.displayName, 'Renamed');
      assert.equal(seen.config.allowLocalhost, false);
      assert.deepEqual(seen.config.domains, [{ domain: 'https://app.example.com', handlerPath: '/handler' }]);

      const eve = await owner(version, 'mallory');
      const tokens = await eve.me.getAuthJson();
      const refused = await fetch(`${purser.url}/api/v1/internal/projects/current`, {
        headers: {
          'x-stack-access-type': 'admin', 'x-stack-project-id': project.id, 'x-stack-admin-access-token': tokens.accessToken,
        },
      });
      assert.equal(refused.status, 401);
      assert.equal(refused.headers.get('x-stack-known-error'), 'ADMIN_ACCESS_TOKEN_IS_NOT_ADMIN');
    });

    test('have a configuration that is written by dot paths', async () => {
      await project.updateConfig({
        payments: {
          items: { credits: { displayName: 'Credits', customerType: 'user' } },
          groups: { plans: { displayName: 'Plans' } },
          offers: {
            pro: {
              displayName: 'Pro', customerType: 'user', groupId: 'plans', stackable: false, serverOnly: false,
              prices: { monthly: { USD: '19.99', interval: [1, 'month'], freeTrial: [7, 'day'] } },
              includedItems: { credits: { quantity: 100, repeat: [1, 'month'] } },
            },
          },
        },
      });
      await project.updateConfig({
        'payments.products.pack': {
          prices: { once: { USD: '1000' }, yen: { JPY: '150000' } }, stackable: true,
          includedItems: { credits: { quantity: 1000 } },
        },
        'payments.products.extra': { catalogId: 'plans', isAddOnTo: { pro: true }, prices: { m: { USD: '5', interval: [1, 'month'] } } },
        'payments.testMode': false,
        'apps.installed.payments.enabled': true,
      });
      const config = await project.getConfig();
      const { payments } = config;
      assert.deepEqual(payments.items, { credits: { displayName: 'Credits', customerType: 'user' } });
      assert.deepEqual(Object.keys(payments.productLines), ['plans']);
      assert.equal(payments.offers, undefined);
      assert.equal(payments.testMode, false);
      assert.equal(payments.blockNewPurchases, false);
      const { pro, pack, extra } = payments.products;
      assert.equal(pro.productLineId, 'plans');
      assert.deepEqual(pro.prices.monthly, { USD: '19.99', interval: [1, 'month'], freeTrial: [7, 'day'], serverOnly: false });
      assert.deepEqual(pro.includedItems.credits, { quantity: 100, repeat: [1, 'month'], expires: 'when-repeated' });
      assert.equal(pack.displayName, 'pack');
      assert.deepEqual(pack.prices.once, { USD: '1000', serverOnly: false });
      assert.deepEqual(pack.prices.yen, { JPY: '150000', serverOnly: false });
      assert.deepEqual(pack.includedItems.credits, { quantity: 1000, repeat: 'never', expires: 'never' });
      assert.deepEqual(extra.isAddOnTo, { pro: true });
      assert.equal(config.apps.installed.payments.enabled, true, 'what has no meaning here is kept');

      await project.updateConfig({ 'payments.products.extra': null, 'payments.products.pro.displayName': 'Pro!' });
      const changed = (await project.getConfig()).payments.products;
      assert.deepEqual(Object.keys(changed).sort(), ['pack', 'pro']);
      assert.equal(changed.pro.displayName, 'Pro!');
      assert.deepEqual(changed.pro.prices, pro.prices, 'what was not named stays');
    });

    test('a wrong configuration changes nothing', async () => {
      const before = await project.getConfig();
      for (const wrong of [
        { 'payments.products.bad': { prices: { once: { USD: '1.234' } } } },
        { 'payments.products.bad': { prices: { once: { USD: 10 } } } },
        { 'payments.products.bad': { prices: 'include-by-default' } },
        { 'payments.products.bad': { includedItems: { unknown: { quantity: 1 } } } },
        { 'payments.products.bad': { productLineId: 'unknown' } },
        { 'payments.products.bad': { colour: 'red' } },
        { 'payments.testMode': 'yes' },
        { 'domains.trustedDomains.a': { baseUrl: 'not a url' } },
      ]) {
        await refuses(project.updateConfig(wrong), project.sdk, 'SCHEMA_ERROR');
      }
      assert.deepEqual(await project.getConfig(), before);
    });

    test('keys are made in sets, listed without their texts, and revoked', async () => {
      const app = project.app;
      const made = await app.createInternalApiKey({
        description: 'for the shop', expiresAt: new Date(Date.now() + 3_600_000),
        hasPublishableClientKey: true, hasSecretServerKey: true, hasSuperSecretAdminKey: true,
      });
      const { publishableClientKey, secretServerKey, superSecretAdminKey } = made;
      const shop = new Project(purser, version, project.id, {
        publishable_client_key: publishableClientKey, secret_server_key: secretServerKey,
        super_secret_admin_key: superSecretAdminKey,
      });
      assert.equal((await shop.admin().getProject()).displayName, 'Renamed');
      const user = await shop.server().createUser({ displayName: 'Buyer' });
      assert.equal((await shop.server().getUser(user.id)).displayName, 'Buyer');

      const listed = (await app.listInternalApiKeys()).find((set) => set.id === made.id);
      assert.equal(listed.description, 'for the shop');
      assert.equal(listed.secretServerKey.lastFour, secretServerKey.slice(-4));
      assert.equal(listed.isValid(), true);
      assert.ok(!JSON.stringify(listed).includes(secretServerKey));
      await listed.revoke();
      await refuses(shop.server().getUser(user.id), shop.sdk, 'INVALID_SECRET_SERVER_KEY');
      const revoked = (await app.listInternalApiKeys()).find((set) => set.id === made.id);
      assert.equal(revoked.whyInvalid(), 'manually-revoked');

      const old = await app.createInternalApiKey({
        description: 'too old', expiresAt: new Date(Date.now() - 1000),
        hasPublishableClientKey: false, hasSecretServerKey: true, hasSuperSecretAdminKey: false,
      });
      const late = new Project(purser, version, project.id, { secret_server_key: old.secretServerKey, publishable_client_key: 'x' });
      await refuses(late.server().getUser(user.id), shop.sdk, 'INVALID_SECRET_SERVER_KEY');
    });

    test('payments are set up', async () => {
      const { url } = await project.app.setupPayments();
      assert.equal(new URL(url).origin, purser.sandbox);
      const done = await fetch(url, { method: 'POST', redirect: 'manual' });
      assert.equal(done.status, 303, await done.text());
      const account = await project.app.getStripeAccountInfo();
      assert.match(account.account_id, /^acct_/);
      assert.deepEqual([account.charges_enabled, account.details_submitted, account.payouts_enabled], [true, true, true]);
    });
  });
}

describe('the project "internal"', () => {
  test('has its fixed keys only while they are configured', async () => {
    const [version] = Object.keys(sdks);
    assert.equal((await internal(version).server().createUser({})).isAnonymous, false);
    await purser.restart();
    await refuses(internal(version).server().createUser({}), sdks[version], 'INVALID_SECRET_SERVER_KEY');
    await purser.restart(fixed);
    await internal(version).server().createUser({});
  });

  test('does not exist where nobody configured it', async () => {
    const plain = await Purser.start();
    const [version] = Object.keys(sdks);
    const none = new Project(plain, version, 'internal', internal(version).keys);
    await refuses(none.server().createUser({}), sdks[version], 'CURRENT_PROJECT_NOT_FOUND');
    await plain.close();
  });
});
