// Keeps what the sandbox answered, one file for each kind of object and shape of it, so that the types
// of the stripe package can be checked against it (see check_types.js).
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.PURSER_PEER_ANSWERS;

// What decides a type: which members there are, whether they are null, and the words of enumerations.
function shape(value, name = '') {
  if (value === null) return null;
  if (Array.isArray(value)) return [...new Set(value.map((one) => JSON.stringify(shape(one))))].sort();
  if (typeof value === 'object') {
    if (name === 'metadata') return 'metadata';
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, shape(value[key], key)]));
  }
  if (typeof value === 'string' && /^[a-z][a-z0-9_.]{0,59}$/.test(value)) return value;
  return typeof value;
}

/** Keeps one answer to a request for `path`. */
export function record(document, path) {
  if (!folder) return;
  const kind = document.error ? 'error' : document.object;
  const text = JSON.stringify({ kind, path: path.split('?')[0], document }, null, 2);
  const digest = createHash('sha256').update(JSON.stringify(shape(document))).digest('hex').slice(0, 12);
  mkdirSync(folder, { recursive: true });
  const target = join(folder, `${String(kind).replaceAll('.', '_')}-${digest}.json`);
  writeFileSync(`${target}.${process.pid}`, text);
  renameSync(`${target}.${process.pid}`, target); // other test files write the same one
}

/** An HTTP client for the stripe package: its own one, which also keeps the answers. */
export function recordingClient(Stripe) {
  const inner = Stripe.createNodeHttpClient();
  return {
    getClientName: () => inner.getClientName(),
    async makeRequest(host, port, path, ...more) {
      const response = await inner.makeRequest(host, port, path, ...more);
      const toJSON = response.toJSON.bind(response);
      response.toJSON = async () => {
        const document = await toJSON();
        record(document, path);
        return document;
      };
      return response;
    },
  };
}
