// Makes what the chat needs on a running server: collections, rules, and the channels of its
// rooms. It can be run again.
//
//   node setup.mjs --url http://127.0.0.1:8090 --email root@example.com --password correct-horse
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8090' },
    email: { type: 'string', default: 'root@example.com' },
    password: { type: 'string', default: 'correct-horse' },
  },
});

let token = '';

/** A request as the superuser; what is no success ends the program. */
async function ask(method, path, body) {
  const response = await fetch(values.url + path, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: token },
    body: JSON.stringify(body),
  });
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.message} ${JSON.stringify(answer.data)}`);
  return answer;
}

const members = "@request.auth.id != ''";
const created = { name: 'created', type: 'autodate', onCreate: true };

({ token } = await ask('POST', '/api/collections/_superusers/auth-with-password', { identity: values.email, password: values.password }));
const users = await ask('PATCH', '/api/collections/users', { createRule: '', listRule: members, viewRule: members });
await ask('PUT', '/api/collections/import', {
  collections: [
    {
      id: 'chatrooms000000', name: 'rooms', type: 'base', listRule: members, viewRule: members, createRule: members,
      fields: [{ name: 'name', type: 'text', required: true, max: 40 }, created],
      indexes: ['CREATE UNIQUE INDEX `idx_rooms_name` ON `rooms` (`name` COLLATE NOCASE)'],
    },
    {
      id: 'chatmessages000', name: 'messages', type: 'base', listRule: members, viewRule: members,
      // Whoever writes signs with their own name, and says something.
      createRule: `${members} && author = @request.auth.id && (text != '' || picture != '')`,
      deleteRule: 'author = @request.auth.id',
      fields: [
        { name: 'room', type: 'relation', collectionId: 'chatrooms000000', required: true, cascadeDelete: true },
        { name: 'author', type: 'relation', collectionId: users.id, required: true, cascadeDelete: true },
        { name: 'text', type: 'text', max: 2000 },
        { name: 'picture', type: 'file', maxSize: 5 << 20, mimeTypes: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'], thumbs: ['480x0'] },
        created,
      ],
      indexes: ['CREATE INDEX `idx_messages_room` ON `messages` (`room`, `created`)'],
    },
  ],
});
const { realtime } = await ask('GET', '/api/settings');
const room = { pattern: 'room:*', joinRule: members, sendRule: members, presence: true, graceSeconds: 3 };
await ask('PATCH', '/api/settings', { realtime: { channels: [room, ...realtime.channels.filter((c) => c.pattern !== room.pattern)] } });
console.log('The chat is ready.');
