// Users, sessions, teams and passwords, by every version of the SDK.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Purser, claims, refuses, sdks } from '../support/stack.js';

let purser;
before(async () => (purser = await Purser.start()));
after(() => purser?.close());

const nobody = '11111111-1111-4111-8111-111111111111';
const metadata = { plan: 'ä "quoted"', nested: { numbers: [1, 2.5, -1e-7], nothing: null, yes: true } };

for (const version of Object.keys(sdks)) {
  describe(`people, ${version}`, () => {
    let project;
    let server;
    before(async () => {
      project = await purser.project(version);
      server = project.server();
    });

    test('a server makes, reads, changes, lists and deletes users', async () => {
      const made = await server.createUser({
        displayName: 'Ada', primaryEmail: 'ada@example.com', primaryEmailVerified: true,
        clientMetadata: metadata, clientReadOnlyMetadata: { a: 1 }, serverMetadata: { secret: 2 },
      });
      const user = await project.server().getUser(made.id);
      assert.equal(user.displayName, 'Ada');
      assert.equal(user.primaryEmail, 'ada@example.com');
      assert.equal(user.primaryEmailVerified, true);
      assert.deepEqual(user.clientMetadata, metadata);
      assert.deepEqual(user.clientReadOnlyMetadata, { a: 1 });
      assert.deepEqual(user.serverMetadata, { secret: 2 });
      assert.equal(user.hasPassword, false);
      assert.equal(user.selectedTeam, null);
      assert.ok(Math.abs(user.signedUpAt.getTime() - Date.now()) < 60_000);
      assert.equal(user.isAnonymous, false);

      await user.update({ displayName: 'Countess', clientMetadata: { b: 2 }, profileImageUrl: 'https://example.com/a.png' });
      const changed = await project.server().getUser(made.id);
      assert.equal(changed.displayName, 'Countess');
      assert.deepEqual(changed.clientMetadata, { b: 2 });
      assert.deepEqual(changed.serverMetadata, { secret: 2 });
      assert.equal(changed.profileImageUrl, 'https://example.com/a.png');
      await changed.setPrimaryEmail('new@example.com');
      const moved = await project.server().getUser(made.id);
      assert.equal(moved.primaryEmail, 'new@example.com');
      assert.equal(moved.primaryEmailVerified, false);

      await moved.delete();
      assert.equal(await project.server().getUser(made.id), null);
      assert.equal(await server.getUser(nobody), null);
    });

    test('a list of users to its end', async () => {
      const own = await purser.project(version);
      const app = own.server();
      const ids = [];
      for (let i = 0; i < 7; ++i) ids.push((await app.createUser({ displayName: `U${i}` })).id);
      const seen = [];
      let cursor;
      do {
        const page = await own.server().listUsers({ limit: 3, cursor });
        assert.ok(page.length <= 3);
        seen.push(...page.map((user) => user.id));
        cursor = page.nextCursor;
      } while (cursor);
      assert.deepEqual(seen, [...ids].sort());
    });

    test('a session\'s tokens say what the SDK wants to read, and stand for their user', async () => {
      const { user, tokens, me } = await project.signedIn({ primaryEmail: 'claims@example.com' });
      const said = claims(tokens);
      assert.equal(said.sub, user.id);
      assert.equal(said.project_id, project.id);
      assert.equal(said.aud, project.id);
      assert.equal(said.branch_id, 'main');
      assert.equal(said.role, 'authenticated');
      assert.equal(said.email, 'claims@example.com');
      assert.equal(said.email_verified, false);
      assert.equal(said.iss, `${purser.url}/api/v1/projects/${project.id}`);
      assert.equal(me.id, user.id);
      assert.equal(me.displayName, 'Ada');
      assert.equal(await project.client(null, {}).getUser({ tokenStore: { accessToken: '', refreshToken: '' } }), null);
      const keys = await (await fetch(`${said.iss}/.well-known/jwks.json`)).json();
      assert.equal(keys.keys[0].alg, 'ES256');
    });

    test('a user changes oneself, and only oneself', async () => {
      const { user, client, me, tokens } = await project.signedIn();
      await me.update({ displayName: 'Me', clientMetadata: { own: true } });
      const seen = await client.getUser();
      assert.equal(seen.displayName, 'Me');
      assert.deepEqual(seen.clientMetadata, { own: true });
      assert.equal(seen.serverMetadata, undefined);
      const refused = await project.raw('PATCH', '/users/me', { tokens, body: { server_metadata: {} } });
      assert.equal(refused.status, 400);
      assert.equal(refused.known, 'SCHEMA_ERROR');
      assert.equal((await project.raw('GET', `/users/${user.id}`, { tokens })).known, 'INSUFFICIENT_ACCESS_TYPE');
      assert.equal((await project.raw('GET', '/users/me')).known, 'CANNOT_GET_OWN_USER_WITHOUT_USER');
    });

    test('an access token is refreshed when it is gone, and not after signing out', async () => {
      const { user, tokens } = await project.signedIn();
      const client = project.client({ accessToken: '', refreshToken: tokens.refreshToken });
      assert.equal((await client.getUser()).id, user.id, 'by the refresh token alone');
      const stale = project.client({ accessToken: `${tokens.accessToken.slice(0, -3)}xxx`, refreshToken: tokens.refreshToken });
      assert.equal((await stale.getUser()).id, user.id, 'a token that is not ours is replaced');
      await (await client.getUser()).signOut();
      assert.equal(await project.client({ accessToken: '', refreshToken: tokens.refreshToken }).getUser(), null);
      assert.equal(await project.client({ accessToken: '', refreshToken: 'nonsense' }).getUser(), null);
    });

    test('the token endpoint keeps the real status, and wants a key where the project does', async () => {
      const { tokens } = await project.signedIn();
      const ask = async (more) => {
        const response = await fetch(`${purser.url}/api/v1/auth/oauth/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'refresh_token', refresh_token: tokens.refreshToken, client_id: project.id,
            client_secret: project.keys.publishable_client_key, ...more,
          }),
        });
        return { status: response.status, known: response.headers.get('x-stack-known-error'), text: await response.text() };
      };
      const fresh = await ask({});
      assert.equal(fresh.status, 200);
      assert.equal(JSON.parse(fresh.text).token_type, 'Bearer');
      const gone = await ask({ refresh_token: 'prt_unknown' });
      assert.deepEqual([gone.status, gone.known], [401, 'REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED']);
      assert.equal((await ask({ client_secret: 'pck_wrong' })).known, 'INVALID_PUBLISHABLE_CLIENT_KEY');
      assert.equal((await ask({ client_secret: '__stack_public_client__' })).known, 'PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT');
      assert.equal((await ask({ client_id: nobody })).known, 'CURRENT_PROJECT_NOT_FOUND');
      assert.equal((await ask({ grant_type: 'password' })).status, 400);
      await project.configure({ 'project.requirePublishableClientKey': false });
      assert.equal((await ask({ client_secret: '__stack_public_client__' })).status, 200);
      await project.configure({ 'project.requirePublishableClientKey': true });
    });

    test('signing up and in by password', async () => {
      const email = `Sign.Up-${version}@example.com`;
      const client = project.client();
      const password = 'correct horse battery';
      const up = await client.signUpWithCredential({ email, password, noRedirect: true, noVerificationCallback: true });
      assert.equal(up.status, 'ok');
      const me = await client.getUser();
      assert.equal(me.primaryEmail, email);
      assert.equal(me.hasPassword, true);

      const twice = await project.client().signUpWithCredential(
        { email: email.toLowerCase(), password, noRedirect: true, noVerificationCallback: true });
      assert.equal(twice.error.errorCode, 'USER_EMAIL_ALREADY_EXISTS');
      const short = await project.client().signUpWithCredential(
        { email: 'short@example.com', password: 'short', noRedirect: true, noVerificationCallback: true });
      assert.equal(short.error.errorCode, 'PASSWORD_TOO_SHORT');

      const again = project.client();
      const wrong = await again.signInWithCredential({ email, password: 'wrong horse', noRedirect: true });
      assert.equal(wrong.error.errorCode, 'EMAIL_PASSWORD_MISMATCH');
      const unknown = await again.signInWithCredential({ email: 'nobody@example.com', password, noRedirect: true });
      assert.equal(unknown.error.errorCode, 'EMAIL_PASSWORD_MISMATCH');
      assert.equal((await again.signInWithCredential({ email: email.toUpperCase(), password, noRedirect: true })).status, 'ok');
      assert.equal((await again.getUser()).id, me.id);

      const set = await server.createUser({ primaryEmail: 'set@example.com', password: 'set by the server' });
      assert.equal(set.hasPassword, true);
      const signedIn = project.client();
      await signedIn.signInWithCredential({ email: 'set@example.com', password: 'set by the server', noRedirect: true });
      assert.equal((await signedIn.getUser()).id, set.id);
    });

    test('a project may close sign-up and passwords', async () => {
      const closed = await purser.project(version);
      await closed.configure({ 'auth.allowSignUp': false });
      await refuses(closed.client().signUpWithCredential(
        { email: 'a@example.com', password: 'correct horse', noRedirect: true, noVerificationCallback: true }),
      closed.sdk, 'SIGN_UP_NOT_ENABLED');
      await closed.configure({ 'auth.password.allowSignIn': false });
      await refuses(closed.client().signInWithCredential({ email: 'a@example.com', password: 'x', noRedirect: true }),
        closed.sdk, 'PASSWORD_AUTHENTICATION_NOT_ENABLED');
    });

    test('teams: by their creator, by members, by a server', async () => {
      const ada = await project.signedIn();
      const team = await ada.me.createTeam({ displayName: 'Crew' });
      assert.equal(team.displayName, 'Crew');
      assert.deepEqual((await ada.me.listTeams()).map((one) => one.id), [team.id]);
      assert.equal((await project.server().getTeam(team.id)).displayName, 'Crew');
      assert.equal(await project.server().getTeam(nobody), null);

      const bob = await project.signedIn();
      assert.deepEqual(await bob.me.listTeams(), []);
      const members = await project.server().getTeam(team.id);
      await members.addUser(bob.user.id);
      await refuses(members.addUser(bob.user.id), project.sdk, 'TEAM_MEMBERSHIP_ALREADY_EXISTS');
      assert.equal((await project.client(bob.tokens).getUser().then((me) => me.listTeams())).length, 1);

      const seen = await project.server().getUser(bob.user.id);
      assert.equal(await seen.hasPermission(team, 'team_admin'), false);
      await seen.grantPermission(team, 'team_admin');
      assert.equal(await (await project.server().getUser(bob.user.id)).hasPermission(team, 'team_admin'), true);
      await refuses(seen.grantPermission(team, 'paint'), project.sdk, 'PERMISSION_NOT_FOUND');
      await seen.revokePermission(team, 'team_admin');
      assert.equal(await (await project.server().getUser(bob.user.id)).hasPermission(team, 'team_admin'), false);
      const outsider = await project.server().createUser({});
      await refuses(outsider.grantPermission(team, 'team_admin'), project.sdk, 'TEAM_MEMBERSHIP_NOT_FOUND');

      await refuses((await project.client(bob.tokens).getUser()).getTeam(team.id).then((own) => own.update({ displayName: 'Mine' })),
        project.sdk, 'TEAM_PERMISSION_REQUIRED');
      await team.update({ displayName: 'Crew 2', clientMetadata: { colour: 'red' } });
      const changed = await project.server().getTeam(team.id);
      assert.equal(changed.displayName, 'Crew 2');
      assert.deepEqual(changed.clientMetadata, { colour: 'red' });

      await ada.me.setSelectedTeam(team);
      const me = await project.client(ada.tokens).getUser();
      assert.equal(me.selectedTeam.id, team.id);
      await members.removeUser(bob.user.id);
      assert.deepEqual(await (await project.client(bob.tokens).getUser()).listTeams(), []);
      await changed.delete();
      assert.equal((await project.client(ada.tokens).getUser()).selectedTeam, null);
      assert.equal(await project.server().getTeam(team.id), null);
    });

    test('the project as its clients see it', async () => {
      const seen = await project.client(null).getProject();
      assert.equal(seen.id, project.id);
      assert.equal(seen.displayName, 'Shop');
      assert.equal(seen.config.signUpEnabled, true);
      assert.deepEqual(seen.config.oauthProviders, []);
    });
  });
}

describe('wrong passwords', () => {
  test('are slowed down, and the SDK waits and tries again', async () => {
    const [version] = Object.keys(sdks).slice(-1);
    const project = await purser.project(version);
    await project.server().createUser({ primaryEmail: 'guessed@example.com', password: 'never guessed' });
    const guess = () => project.raw('POST', '/auth/password/sign-in', { body: { email: 'guessed@example.com', password: 'guess' } });
    let last;
    for (let i = 0; i < 40; ++i) {
      last = await guess();
      if (last.status === 429) break;
      assert.equal(last.known, 'EMAIL_PASSWORD_MISMATCH');
    }
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers.get('retry-after')) > 0);
    const client = project.client();
    const patient = await client.signInWithCredential(
      { email: 'guessed@example.com', password: 'never guessed', noRedirect: true });
    assert.equal(patient.status, 'ok');
  });
});
