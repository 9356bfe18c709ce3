// A real OpenID Connect provider (npm `oidc-provider`) with one client and whoever stands in a file:
// node provider.mjs PORT REDIRECT_URL PEOPLE.json
// The file is read at each sign-in: { "<login>": { "preferred_username": ..., "roles": [...] } }.
import { readFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const [port, redirectUrl, people] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'gridwarden',
      client_secret: 'a secret & more: 100%',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['preferred_username', 'realm_access', 'unit'] },
  // The claims stand in the ID token itself.
  conformIdTokenClaims: false,
  cookies: { keys: ['of this test'] },
  features: { devInteractions: { enabled: true } },
  async findAccount(_, sub) {
    const claims = JSON.parse(readFileSync(people, 'utf8'))[sub];
    return { accountId: sub, claims: async () => ({ sub, ...claims }) };
  },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
