// A service to sign in through, for a test file: an OpenID provider that others wrote
// and certified, and a browser of few words that a person goes to it with.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { after } from 'node:test';
import Provider from 'oidc-provider';

export const clientId = 'app';
export const clientSecret = 'a-secret-of-the-app';

/**
 * Starts a service. Whoever comes is signed in as its `person`, whose claims are in its
 * `people`, and agrees to everything.
 */
export async function openIDProvider({ redirects, ...client }) {
  const service = new Service();
  const server = createServer((request, response) => service.answer(request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));
  service.url = `http://127.0.0.1:${server.address().port}`;
  service.provider = new Provider(service.url, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirects, grant_types: ['authorization_code'], ...client }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username', 'picture'] },
    conformIdTokenClaims: false, // they are in the id_token too
    cookies: { keys: ['test'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...service.people[accountId] }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [signingKey('real')] },
    pkce: { required: () => false },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  });
  return service;
}

/** A private key as JSON has it. */
export function signingKey(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}

class Service {
  person = 'ann';
  people = {};
  /** What is answered instead of what the provider says, by path. */
  instead = {};

  async answer(request, response) {
    const { pathname } = new URL(request.url, this.url);
    if (this.instead[pathname]) this.instead[pathname](request, response);
    else if (pathname.startsWith('/interaction/')) await this.#agree(request, response);
    else this.provider.callback()(request, response);
  }

  async #agree(request, response) {
    const details = await this.provider.interactionDetails(request, response);
    const grant = new this.provider.Grant({ accountId: this.person, clientId: details.params.client_id });
    grant.addOIDCScope(details.params.scope);
    const consent = { grantId: await grant.save() };
    await this.provider.interactionFinished(request, response, { login: { accountId: this.person }, consent });
  }

  /**
   * What a person does who is sent to an address: goes where the service leads, until it
   * leads back. Returns the address to come back to.
   */
  async visit(url) {
    const cookies = new Map();
    while (url.startsWith(this.url)) {
      const headers = { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
      const response = await fetch(url, { headers, redirect: 'manual' });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
        cookies.set(name, value);
      }
      if (!response.headers.has('location')) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      url = new URL(response.headers.get('location'), url).href;
    }
    return new URL(url);
  }
}
