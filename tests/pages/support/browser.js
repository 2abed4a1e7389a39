// A headless browser, and what every page has to keep to.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const pictures = process.env.PURSER_PAGES_PICTURES;
if (!pictures) throw new Error('PURSER_PAGES_PICTURES must name a folder; tests/pages/run sets it');
mkdirSync(pictures, { recursive: true });

export const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 800 };

/** Starts the browser; playwright gives it a new profile and removes that again. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.PURSER_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--no-proxy-server'],
  });
}

// What a page looks like to somebody who cannot see it, or holds a phone. Runs in the browser.
function survey() {
  const visible = (element) => element.getClientRects().length > 0;
  const inputs = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(visible);
  const targets = [...document.querySelectorAll('button, a.button, input[type=text], input[type=email], input[type=number]')];
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\d.]+/g).map((part) => Number(part) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (!/rgba\(.*, 0\)|transparent/.test(color)) return color;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
  };
  const pale = [...document.querySelectorAll('h1, p, td, th, label, legend, button, a, li')]
    .filter((element) => visible(element) && element.textContent.trim())
    .map((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((x, y) => y - x);
      return [element.textContent.trim().slice(0, 40), (a + 0.05) / (b + 0.05)];
    })
    .filter(([, contrast]) => contrast < 4.5);
  return {
    language: document.documentElement.lang,
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    unlabeled: inputs.filter((input) => ![...input.labels].some((label) => label.textContent.trim()))
      .map((input) => input.name),
    small: targets.filter(visible).map((one) => [one.name || one.textContent, one.getBoundingClientRect().height])
      .filter(([, height]) => height < 36),
    tooWide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    pale,
    scripts: document.scripts.length + document.querySelectorAll('iframe, object, img, svg').length,
    hostile: window.hostile,
    banner: document.querySelector('.sandbox')?.textContent ?? '',
    described: [...document.querySelectorAll('[aria-describedby]')]
      .filter((one) => one.getAttribute('aria-describedby').split(' ').some((id) => !document.getElementById(id)))
      .map((one) => one.name),
  };
}

/** A tab in a session of its own, which notes everything that goes wrong in it. */
export class Visitor {
  static async come(browser, options = {}) {
    const visitor = new Visitor();
    visitor.context = await browser.newContext({ viewport: phone, ...options });
    visitor.page = await visitor.context.newPage();
    visitor.trouble = [];
    visitor.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !visitor.#isRefusal(message.text())) {
        visitor.trouble.push(`console: ${message.text()}`);
      }
    });
    visitor.page.on('pageerror', (error) => visitor.trouble.push(`page: ${error}`));
    visitor.page.on('dialog', (dialog) => {
      visitor.trouble.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    visitor.page.on('requestfailed', (request) => visitor.trouble.push(`failed: ${request.url()}`));
    return visitor;
  }

  // A page that is itself answered with 402 or 404 is told on the console as a resource that failed.
  #isRefusal(text) {
    return /^Failed to load resource: the server responded with a status of (400|402|404|409)/.test(text);
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.trouble, []);
  }

  /** Takes pictures for a phone and a desk, and checks what holds for every page. */
  async look(name, { sandbox }) {
    const told = [];
    for (const [device, viewport] of [['phone', phone], ['desk', desk]]) {
      await this.page.setViewportSize(viewport);
      await this.page.screenshot({ path: join(pictures, `${name}-${device}.png`), fullPage: true });
      told.push(await this.page.evaluate(survey));
    }
    await this.page.setViewportSize(phone);
    for (const [device, seen] of [['phone', told[0]], ['desk', told[1]]]) {
      const where = `${name} (${device})`;
      assert.equal(seen.language, 'en', where);
      assert.ok(seen.title, where);
      assert.equal(seen.headings, 1, `${where}: one first heading`);
      assert.deepEqual(seen.unlabeled, [], `${where}: inputs without a label`);
      assert.deepEqual(seen.described, [], `${where}: descriptions that are not there`);
      assert.deepEqual(seen.small, [], `${where}: too small for a finger`);
      assert.deepEqual(seen.pale, [], `${where}: hard to read`);
      assert.equal(seen.tooWide, 0, `${where}: wider than the window`);
      assert.equal(seen.scripts, 0, `${where}: elements that do not belong there`);
      assert.equal(seen.hostile, undefined, `${where}: a script ran`);
      if (sandbox) {
        assert.match(seen.banner, /^Sandbox:/, where);
        assert.match(seen.title, /sandbox/i, where);
      } else {
        assert.equal(seen.banner, '', where);
      }
    }
  }

  /** Presses Tab until a field or a button with this name has the focus, which must be visible. */
  async tabTo(name) {
    for (let presses = 0; presses < 30; ++presses) {
      const focused = await this.page.evaluate(() => {
        const one = document.activeElement;
        const style = getComputedStyle(one);
        return {
          name: (one.labels?.length ? [...one.labels].map((label) => label.textContent).join(' ') : one.textContent).trim(),
          outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        };
      });
      if (focused.name.startsWith(name)) {
        assert.ok(focused.outline, `the focus on "${name}" cannot be seen`);
        return;
      }
      await this.page.keyboard.press('Tab');
    }
    assert.fail(`the keyboard does not get to "${name}"`);
  }

  /** Fills fields, in the order of the page; without a mouse. */
  async type(fields) {
    for (const [name, text] of Object.entries(fields)) {
      await this.tabTo(name);
      await this.page.keyboard.press('Control+A');
      await this.page.keyboard.insertText(text);
    }
  }

  /** Presses Enter on a button or link and waits for the page that comes. */
  async press(name) {
    await this.tabTo(name);
    await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press('Enter')]);
  }

  text(selector = 'body') {
    return this.page.locator(selector).innerText();
  }
}

/** What a buyer types who pays with a test card. */
export const card = (number = '4242 4242 4242 4242') => ({
  'Card number': number, 'Expiry': '12 / 34', 'Security code': '123', 'Name': 'Ada Buyer',
});
