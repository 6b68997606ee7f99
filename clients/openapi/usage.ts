// Uses the types as a program does. A line after @ts-expect-error must not compile: the
// compiler complains of such a comment before a line that does.
import PocketBase from 'pocketbase';
import { every, some, where, type CollectionName, type EveryKind, type TypedPocketBase } from './types.js';

export async function use(url: string): Promise<EveryKind> {
  const pb = new PocketBase(url) as TypedPocketBase;
  const names: CollectionName[] = ['tags', 'every_kinds', 'by_author', 'authors'];
  // @ts-expect-error no such collection
  names.push('drafts');
  // @ts-expect-error no such collection
  pb.collection('every_kind');

  const tag = await pb.collection('tags').create({ label: 'a' });
  const password = 'a-long-password';
  const author = await pb.collection('authors').create({ name: 'Ann', email: 'ann@example.com', password, passwordConfirm: password });
  await pb.collection('authors').authWithPassword('ann@example.com', password);
  // @ts-expect-error records of no auth collection cannot sign in
  pb.collection('tags').authWithPassword;

  const made = await pb.collection('every_kinds').create({
    text: 'One', editor: '<p>x</p>', number: 1.5, count: 3, bool: true, email: 'a@example.com', url: 'https://example.com', date: new Date(0),
    status: "it's", sizes: ['s', 'l'], json: { a: [1, null] }, file: new File(['x'], 'x.txt'), files: [new File(['y'], 'y.txt')],
    author: author.id, tags: [tag.id], point: { lon: 1, lat: 2 }, pin: '1234', class: 'c', _under: 'u',
  });
  // @ts-expect-error required
  void (() => pb.collection('every_kinds').create({ editor: 'x' }));
  // @ts-expect-error no such field
  void (() => pb.collection('every_kinds').create({ text: 'One', txet: 'x' }));
  // @ts-expect-error no such option
  void (() => pb.collection('every_kinds').create({ text: 'One', status: 'drafts' }));
  // @ts-expect-error one of a list has no such option
  void (() => pb.collection('every_kinds').create({ text: 'One', sizes: ['xl'] }));
  // @ts-expect-error a number is no text
  void (() => pb.collection('every_kinds').update(made.id, { text: 1 }));
  // @ts-expect-error hidden
  void (() => pb.collection('every_kinds').update(made.id, { hidden: 'x' }));
  // @ts-expect-error set by the server
  void (() => pb.collection('every_kinds').update(made.id, { created: 'x' }));
  // @ts-expect-error a view
  void (() => pb.collection('by_author').create({ name: 'x' }));

  await pb.collection('every_kinds').update(made.id, { 'count+': 2, 'sizes-': 's', 'tags+': [tag.id] });
  const one = await pb.collection('every_kinds').getOne(made.id, { expand: 'author,tags.every_kinds_via_tags.author' });
  const name: string | undefined = one.expand?.author?.name;
  const back: string | undefined = one.expand?.tags?.[0]?.expand?.every_kinds_via_tags?.[0]?.expand?.author?.id;
  if (name !== 'Ann' || back !== author.id) throw new Error(`expanded ${name}, ${back}`);
  // @ts-expect-error no such relation
  void (() => pb.collection('every_kinds').getOne(made.id, { expand: 'auhtor' }));
  // @ts-expect-error no such relation of the relation
  void (() => pb.collection('every_kinds').getOne(made.id, { expand: 'author,tags.text' }));
  // @ts-expect-error no such relation
  one.expand?.text;
  // @ts-expect-error hidden
  one.hidden;
  // @ts-expect-error compared with what it cannot be
  one.status === 'drafts';

  const mine = every(where('every_kinds', 'status', '=', "it's"), some<'every_kinds'>(where('every_kinds', 'count', '>', 4), where('every_kinds', 'sizes', '?=', 'm')));
  await pb.collection('tags').getFirstListItem('label = "a"');
  const found = await pb.collection('every_kinds').getFullList({ filter: mine, sort: '-created,text' });
  if (found.length !== 1 || found[0]?.id !== made.id) throw new Error(`${mine} found ${found.length}`);
  // @ts-expect-error no such field
  where('every_kinds', 'stauts', '=', 'draft');
  // @ts-expect-error no such option
  where('every_kinds', 'status', '=', 'drafts');
  // @ts-expect-error a number is compared with a number
  where('every_kinds', 'count', '>', '4');
  // @ts-expect-error a condition over another collection
  void (() => pb.collection('tags').getList(1, 10, { filter: where('every_kinds', 'text', '=', 'x') }));
  // @ts-expect-error no such field
  void (() => pb.collection('tags').getFullList({ sort: '-lable' }));
  return one;
}
