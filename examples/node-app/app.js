// A web app that sells credits and spends them: each answer of its oracle costs 40.
import { createServer } from 'node:http';
import { StackClientApp, StackServerApp } from '@stackframe/js';

const price = 40;
const project = {
  baseUrl: process.env.PURSER_URL ?? 'http://127.0.0.1:8130',
  projectId: process.env.PURSER_PROJECT_ID,
  publishableClientKey: process.env.PURSER_PUBLISHABLE_CLIENT_KEY,
  redirectMethod: 'none',
};
const stack = new StackServerApp({
  ...project, secretServerKey: process.env.PURSER_SECRET_SERVER_KEY, tokenStore: 'memory',
});

// The tokens of whoever is signed in lie in a cookie that scripts and other sites do not see.
const packed = (tokens) => Buffer.from(JSON.stringify(tokens)).toString('base64url');
function tokensOf(request) {
  const cookie = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '');
  try {
    return cookie && JSON.parse(Buffer.from(cookie[1], 'base64url').toString());
  } catch {
    return null;
  }
}

const escaped = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const button = (action, text) => `<form method="post" action="/${action}"><button>${text}</button></form>`;

const signedOut = `
  <form method="post" action="/sign-in">
    <label>E-mail <input name="email" type="email" required></label>
    <label>Password <input name="password" type="password" minlength="8" required></label>
    <button>Sign in</button>
    <button formaction="/sign-up">Sign up</button>
  </form>`;

async function signedIn(user) {
  const credits = await user.getItem('credits');
  return `<p>${escaped(user.primaryEmail)} has <strong id="credits">${credits.quantity}</strong> credits.</p>
    ${button('ask', `Ask the oracle (${price} credits)`)} ${button('buy', 'Buy 100 credits')} ${button('sign-out', 'Sign out')}`;
}

async function page(user, message = '') {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Oracle</title><h1>The oracle</h1>
    ${message && `<p role="status">${escaped(message)}</p>`}
    ${user ? await signedIn(user) : signedOut}</html>`;
}

async function formOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

/** Signs in or up; answers the new session's tokens, or what went wrong. */
async function enter(how, { email, password }) {
  const visitor = new StackClientApp({ ...project, tokenStore: 'memory' });
  const outcome = how === '/sign-up'
    ? await visitor.signUpWithCredential({ email, password, noRedirect: true, noVerificationCallback: true })
    : await visitor.signInWithCredential({ email, password, noRedirect: true });
  if (outcome.status === 'error') return { problem: outcome.error.message };
  return { tokens: await (await visitor.getUser()).getAuthJson() };
}

async function answer(request) {
  const { pathname } = new URL(request.url, 'http://app');
  if (request.method === 'POST' && ['/sign-in', '/sign-up'].includes(pathname)) {
    const { tokens, problem } = await enter(pathname, await formOf(request));
    if (problem) return { status: 400, body: await page(null, problem) };
    return { to: '/', cookie: packed(tokens) };
  }
  const tokens = tokensOf(request);
  const user = tokens && await stack.getUser({ tokenStore: tokens });
  if (request.method === 'GET' && pathname === '/') return { body: await page(user) };
  if (request.method !== 'POST' || !user) return { status: 404, body: await page(user, 'There is nothing here.') };

  if (pathname === '/sign-out') return { to: '/', cookie: '' };
  if (pathname === '/buy') {
    const returnUrl = `http://${request.headers.host}/`;
    return { to: await user.createCheckoutUrl({ productId: 'credits-100', returnUrl }) };
  }
  if (pathname === '/ask') {
    const credits = await user.getItem('credits');
    // Takes them or says no, in one step: two tabs cannot spend the same credits.
    if (!(await credits.tryDecreaseQuantity(price))) {
      return { status: 402, body: await page(user, 'You have too few credits. Buy some more.') };
    }
    return { body: await page(user, 'The oracle says: it depends.') };
  }
  return { status: 404, body: await page(user, 'There is nothing here.') };
}

const server = createServer(async (request, response) => {
  const { status, body, to, cookie } = await answer(request).catch((problem) => {
    console.error(problem);
    return { status: 500, body: 'Something went wrong.' };
  });
  if (cookie !== undefined) {
    response.setHeader('set-cookie', `session=${cookie}; Path=/; HttpOnly; SameSite=Lax${cookie ? '' : '; Max-Age=0'}`);
  }
  if (to) response.setHeader('location', to);
  response.writeHead(to ? 303 : status ?? 200, { 'content-type': 'text/html; charset=utf-8' }).end(body);
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`The oracle listens on http://127.0.0.1:${server.address().port}`);
});
