// Quantities of items, by a server and by a user, for users, teams and custom customers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { payments } from '../support/catalog.js';
import { Purser, refuses, sdks } from '../support/stack.js';

let purser;
before(async () => (purser = await Purser.start()));
after(() => purser?.close());

const nobody = '11111111-1111-4111-8111-111111111111';

for (const version of Object.keys(sdks)) {
  describe(`items, ${version}`, () => {
    let project;
    let server;
    let ada;
    let team;
    before(async () => {
      project = await purser.project(version);
      await project.configure({ payments });
      server = project.server();
      ada = await project.signedIn();
      team = await ada.me.createTeam({ displayName: 'Crew' });
    });

    const customers = () => [
      [{ userId: ada.user.id, itemId: 'credits' }, 'Credits'],
      [{ teamId: team.id, itemId: 'seats' }, 'Seats'],
      [{ customCustomerId: 'acme/é 1', itemId: 'tokens' }, 'Tokens'],
    ];

    test('are read, increased, decreased and tried', async () => {
      for (const [where, name] of customers()) {
        const read = async () => (await project.server().getItem(where)).quantity;
        const item = await server.getItem(where);
        assert.equal(item.displayName, name);
        assert.equal(item.quantity, 0);
        // The SDK puts ids into this one path as they are: one with a "/" names another path.
        if (where.customCustomerId) {
          await refuses(item.increaseQuantity(1), project.sdk, undefined);
          where.customCustomerId = `plain-${version}`;
        }
        const own = await project.server().getItem(where);
        await own.increaseQuantity(10);
        assert.equal(await read(), 10);
        assert.equal(await own.tryDecreaseQuantity(4), true);
        assert.equal(await own.tryDecreaseQuantity(7), false);
        assert.equal(await read(), 6);
        await own.decreaseQuantity(9);
        const debt = await project.server().getItem(where);
        assert.equal(debt.quantity, -3);
        assert.equal(debt.nonNegativeQuantity, 0);
      }
    });

    test('of objects of the server', async () => {
      const user = await project.server().getUser(ada.user.id);
      await (await user.getItem('credits')).increaseQuantity(3);
      assert.equal((await (await project.server().getUser(ada.user.id)).getItem('credits')).quantity, 0);
      const seats = await (await project.server().getTeam(team.id)).getItem('seats');
      assert.equal(await seats.tryDecreaseQuantity(1), false);
    });

    test('changed by an administrator, with an end and a reason', async () => {
      const admin = project.admin();
      await admin.createItemQuantityChange({
        userId: ada.user.id, itemId: 'credits', quantity: 20, description: 'Sorry', expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      });
      assert.equal((await project.server().getItem({ userId: ada.user.id, itemId: 'credits' })).quantity, 20);
    });

    test('are refused where there is none, or no such customer', async () => {
      const app = project.server();
      await refuses(app.getItem({ userId: ada.user.id, itemId: 'none' }), project.sdk, 'ITEM_NOT_FOUND');
      await refuses(app.getItem({ userId: ada.user.id, itemId: 'seats' }), project.sdk, 'ITEM_CUSTOMER_TYPE_DOES_NOT_MATCH');
      await refuses(app.getItem({ userId: nobody, itemId: 'credits' }), project.sdk, 'USER_NOT_FOUND');
      await refuses(app.getItem({ userId: 'no uuid', itemId: 'credits' }), project.sdk, 'USER_NOT_FOUND');
      await refuses(app.getItem({ teamId: nobody, itemId: 'seats' }), project.sdk, 'TEAM_NOT_FOUND');
    });

    test('are seen by their user and by a team\'s administrators alone', async () => {
      assert.equal((await ada.me.getItem('credits')).displayName, 'Credits');
      assert.equal((await (await ada.me.getTeam(team.id)).getItem('seats')).displayName, 'Seats');
      const bob = await project.signedIn();
      const own = 'Clients can only access their own user or team items.';
      const forbidden = async (where) => {
        const problem = await refuses(bob.client.getItem(where), project.sdk, undefined);
        assert.ok(`${problem.message} ${problem.cause?.message ?? ''}`.includes('403'), problem.message);
      };
      await forbidden({ userId: ada.user.id, itemId: 'credits' });
      await forbidden({ customCustomerId: 'acme', itemId: 'tokens' });
      const raw = await project.raw('GET', `/payments/items/user/${ada.user.id}/credits`, { tokens: bob.tokens });
      assert.deepEqual([raw.status, raw.known, raw.text], [403, null, own]);
      await refuses(bob.client.getItem({ teamId: team.id, itemId: 'seats' }), project.sdk, 'TEAM_PERMISSION_REQUIRED');
      await (await project.server().getTeam(team.id)).addUser(bob.user.id);
      await refuses(bob.client.getItem({ teamId: team.id, itemId: 'seats' }), project.sdk, 'TEAM_PERMISSION_REQUIRED');
      await refuses(project.client(null).getItem({ userId: ada.user.id, itemId: 'credits' }), project.sdk, 'USER_AUTHENTICATION_REQUIRED');
      const change = await project.raw('POST', `/payments/items/user/${ada.user.id}/credits/update-quantity?allow_negative=false`,
        { tokens: ada.tokens, body: { delta: 1 } });
      assert.equal(change.known, 'INSUFFICIENT_ACCESS_TYPE');
    });
  });
}
