// An OpenID Connect provider on a free port of loopback. Prints its issuer; ends with its input.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const GROUPS = { ada: ['map-editors', 'staff'], bob: ['canteen'], chief: ['map-editors'] };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'platbook',
        client_secret: 'a secret between the two',
        // A native client may come back to any port of loopback (RFC 8252, 7.3).
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/session/oidc/callback'],
      },
    ],
    scopes: ['openid', 'profile', 'groups'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    pkce: { required: () => true },
    cookies: { keys: ['only for tests'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: `subject-of-${id}`, preferred_username: id, name: `Name of ${id}`, groups: GROUPS[id] ?? [] }),
    }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
process.stdin.on('end', () => process.exit(0)).resume();
